"""The settings of a program as options of its command, with ``--config`` for the TOML file."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from ...settings.program import Gathered, Program, mistaken_variables
from ...settings.setting import Setting, variable_of

F = TypeVar("F", bound=Callable[..., Any])

_CONFIG = "config"
_log = logging.getLogger("corvo_agent")


class Told:
    """What the command line of a program said, and with it what its environment and its file say."""

    def __init__(self, program: Program, params: Mapping[str, Any]) -> None:
        self._program = program
        self._line = {each.option: params.get(_parameter(each)) for each in program.settings}
        self._path = params.get(_CONFIG) or ""

    def gather(self) -> Gathered:
        """Read all of it now, the environment and the file too. Blocks on the disk.

        Raises ConfigError naming the option, the variable or the key that is unknown or wrong.
        """
        line = {option: value for option, value in self._line.items() if value not in (None, ())}
        return self._program.gather(line, os.environ, self._path, others=_keys_of_all_programs)

    def warn_of_mistaken_variables(self) -> None:
        """Log each variable of the environment that is almost one that some program knows."""
        known = [variable_of(_CONFIG), *(each.variable for each in _all_settings())]
        for name, meant in mistaken_variables(os.environ, known).items():
            _log.warning("the environment variable %s means nothing: %s?", name, meant)


def program_options(program: Program) -> Callable[[F], F]:
    """Adds an option for each setting of ``program``, and ``--config``; the command gets them as ``told``."""

    def decorate(command: F) -> F:
        @functools.wraps(command)
        def gathering(*arguments: Any, **given: Any) -> Any:
            told = Told(program, given)
            for name in (_CONFIG, *map(_parameter, program.settings)):
                given.pop(name, None)
            return command(*arguments, told=told, **given)

        decorated: F = with_options(gathering, program.settings)
        return decorated

    return decorate


def with_options(command: Any, settings: Sequence[Setting], hidden: Sequence[str] = ()) -> Any:
    """``command`` with the options of ``settings`` and ``--config``; those of ``hidden`` are not in the help."""
    command = click.option(
        f"--{_CONFIG}",
        envvar=variable_of(_CONFIG),
        default="",
        metavar="FILE",
        help=f"TOML file of the options that have a variable.  ({variable_of(_CONFIG)})",
    )(command)
    for each in reversed(settings):
        command = _option(each, hidden=each.option in hidden)(command)
    return command


def _option(setting: Setting, *, hidden: bool) -> Callable[[F], F]:
    """The option of ``setting``. Its text is read later, by the rules that hold for the environment too."""
    default = f"  [default: {setting.shown_default}]" if setting.shown_default else ""
    switch = setting.kind is bool
    return click.option(
        f"--{setting.option}",
        _parameter(setting),
        default=None,
        is_flag=switch,
        flag_value=True if switch else None,
        multiple=setting.kind is tuple,
        metavar=setting.metavar or None,
        hidden=hidden,
        help=f"{setting.help}{default}  ({setting.variable})",
    )


def _parameter(setting: Setting) -> str:
    return setting.option.replace("-", "_")


def _all_settings() -> list[Setting]:
    """The settings of every program: one file and one environment may serve them all."""
    # Late, and only where a key or a variable is not the program's own.
    from ...agent.settings import AGENT
    from ...gateway.settings import GATEWAY
    from ...writer.settings import WRITER
    from .where import WHERE

    return [each for program in (AGENT, GATEWAY, WRITER, WHERE) for each in program.settings]


def _keys_of_all_programs() -> list[str]:
    return [each.option for each in _all_settings()]
