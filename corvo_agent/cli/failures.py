"""What an exception means to the caller of the program: words on stderr and an exit code, in this one place.

==== ===============================================================
code meaning
==== ===============================================================
0    done
1    failed
2    wrong usage: an option, a value, a configuration
3    not found
4    unreachable, or no answer in time
5    refused: credentials are missing, wrong or not enough
130  ended by Ctrl-C
==== ===============================================================
"""

from __future__ import annotations

import sys
from contextlib import suppress

import click

from ..errors import CorvoError, system_reason
from .show.colour import wants_colour
from .show.output import visible
from .streams import discard

CTRL_C = 130


def report(error: BaseException) -> int:
    """Say on stderr what ``error`` is, and return the exit code for it.

    An end by Ctrl-C or by a closed pipe needs no words. An exception that is none of these is a fault of the program
    and is raised again.
    """
    if isinstance(error, BaseExceptionGroup):
        # A group of tasks that failed together: all are told, and the first one decides.
        codes = [report(each) for each in error.exceptions]
        return codes[0]
    if isinstance(error, CorvoError):
        say(str(error))
        return error.exit_code
    if isinstance(error, click.ClickException):
        with suppress(OSError):
            error.show()
        return error.exit_code
    if isinstance(error, click.Abort | KeyboardInterrupt) or _is_cancelled(error):
        return CTRL_C
    if isinstance(error, BrokenPipeError):
        return reader_is_gone()
    if isinstance(error, OSError):
        say(f"{error.filename}: {system_reason(error)}" if error.filename else system_reason(error))
        return 1
    if isinstance(error, ModuleNotFoundError) and (library := _library(error)):
        say(f"the library {library} is missing: pip install --upgrade corvo-agent")
        return 1
    raise error


def reader_is_gone() -> int:
    """The exit code when the program that reads the output (head, less) has seen enough, which is no failure."""
    discard(sys.stdout)
    return 0


def _library(error: ModuleNotFoundError) -> str:
    """The foreign package that is not installed; "" for a part of our own, or of Python."""
    package = (error.name or "").partition(".")[0]
    return "" if package == "corvo_agent" or package in sys.stdlib_module_names else package


def _is_cancelled(error: BaseException) -> bool:
    # Not imported here: it would double the time that ``corvo --help`` takes, and a run without it cancels nothing.
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and isinstance(error, asyncio.CancelledError)


def say(text: str) -> None:
    """``corvo: text`` on stderr. One that takes nothing, such as a file on a full disk, leaves it to the exit code."""
    colour = wants_colour(sys.stderr)
    with suppress(OSError):
        click.echo(click.style("corvo: ", fg="red", bold=True) + visible(text, "\n"), err=True, color=colour)


class Failures:
    """What went wrong with some of several modules; ``code``, the exit code, is that of the first failure.

    With ``named`` each message begins with the name of its module.
    """

    def __init__(self, *, named: bool) -> None:
        self._named = named
        self.code = 0

    def add(self, name: str, error: CorvoError) -> None:
        """Report the failure of the module ``name`` on stderr."""
        say(f"{name}: {error}" if self._named else str(error))
        self.code = self.code or error.exit_code
