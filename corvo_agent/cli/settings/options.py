"""The settings of a program as options of its command, with ``--config`` for the TOML file."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from ...errors import ConfigError
from ...settings.program import Gathered, Program, mistaken_variables, unknown_variables
from ...settings.setting import Setting, variable_of
from ..help import RareOption

F = TypeVar("F", bound=Callable[..., Any])

_CONFIG = "config"
#: Where a click context keeps the parameters that stood before the command's name.
EARLIER = "corvo_agent.earlier"
_log = logging.getLogger("corvo_agent")


class Told:
    """What the command line of a program said, and with it what its environment and its file say."""

    def __init__(self, program: Program, params: Mapping[str, Any]) -> None:
        self._program = program
        self._line = {each.option: params.get(_parameter(each)) for each in program.settings}
        #: The file of ``--config``, "" for none.
        self.path: str = params.get(_CONFIG) or ""

    def line(self, option: str) -> Any:
        """What the command line says of ``option``, as it stands there; None when it says nothing."""
        return self._line[option]

    def given(self) -> dict[str, Any]:
        """What the command line says, by option. Raises ConfigError for an option whose value is empty.

        A variable of a script that is not set would leave out what the script says.
        """
        line = {option: value for option, value in self._line.items() if value not in (None, ())}
        for option, value in line.items():
            if value == "" or (isinstance(value, tuple) and "" in value):
                raise ConfigError(f"--{option}", None, "is empty: leave the option out, or give it a value")
        return line

    def gather(self, table: Mapping[str, Any] | None = None, path: str = "") -> Gathered:
        """Read all of it now, the environment and the file too. Blocks on the disk.

        ``table`` stands for the file if given, ``path`` is that one's name then. Raises ConfigError naming the option,
        the variable or the key that is unknown or wrong, and what ``given`` does.
        """
        return self._program.gather(
            self.given(), os.environ, path or self.path, others=_keys_of_all_programs, table=table
        )

    def warn_of_mistaken_variables(self) -> None:
        """Log each variable of the environment that is almost one that some program knows."""
        own = [variable_of(_CONFIG), *(each.variable for each in self._program.settings)]
        if not unknown_variables(os.environ, own):
            return
        known = [variable_of(_CONFIG), *(each.variable for each in _all_settings())]
        for name, meant in mistaken_variables(os.environ, known).items():
            _log.warning("the environment variable %s means nothing: %s?", name, meant)


def program_options(program: Program, common: Sequence[str] = ()) -> Callable[[F], F]:
    """Adds an option for each setting of ``program``, and ``--config``; the command gets them as ``told``.

    Those that ``common`` names are in the short help, too.
    """

    def decorate(command: F) -> F:
        @functools.wraps(command)
        def gathering(*arguments: Any, **given: Any) -> Any:
            told = Told(program, with_earlier(click.get_current_context(), program.settings, given))
            for name in (_CONFIG, *map(_parameter, program.settings)):
                given.pop(name, None)
            return command(*arguments, told=told, **given)

        decorated: F = with_options(gathering, program.settings, common=common)
        return decorated

    return decorate


def with_options(
    command: Any, settings: Sequence[Setting], hidden: Sequence[str] = (), common: Sequence[str] = ()
) -> Any:
    """``command`` with the options of ``settings`` and ``--config``.

    Those of ``hidden`` are in no help, those of ``common`` in the short one, too.
    """
    command = click.option(
        f"--{_CONFIG}",
        cls=RareOption,
        envvar=variable_of(_CONFIG),
        default=None,
        metavar="FILE",
        hidden=_CONFIG in hidden,
        help=f"TOML file of the options that have a variable.  ({variable_of(_CONFIG)})",
    )(command)
    for each in reversed(settings):
        kind = click.Option if each.option in common else RareOption
        command = _option(each, kind, hidden=each.option in hidden)(command)
    return command


def with_earlier(context: click.Context, settings: Sequence[Setting], given: Mapping[str, Any]) -> dict[str, Any]:
    """``given``, the parameters of ``context``'s command, with those of ``settings`` that stand before its name.

    Raises click.UsageError for one before it that the command does not have.
    """
    earlier: dict[str, Any] = {name: each for name, each in context.meta.get(EARLIER, {}).items() if is_given(each)}
    known = {_CONFIG, *map(_parameter, settings)}
    for name in earlier:
        if name not in known:
            raise click.UsageError(f"{context.command_path} has no option --{name.replace('_', '-')}", context)
    return {**given, **{name: value for name, value in earlier.items() if not is_given(given.get(name))}}


def is_given(value: object) -> bool:
    """Whether a parameter of a command was given, also as an empty text."""
    return value is not None and value != ()


def _option(setting: Setting, kind: type[click.Option], *, hidden: bool) -> Callable[[F], F]:
    """The option of ``setting``. Its text is read later, by the rules that hold for the environment too."""
    default = f"  [default: {setting.shown_default}]" if setting.shown_default else ""
    # A flag_value of any kind, None too, would make the value of another option optional.
    switch: dict[str, Any] = {"is_flag": True, "flag_value": True} if setting.kind is bool else {}
    return click.option(
        f"--{setting.option}",
        _parameter(setting),
        cls=kind,
        default=None,
        **switch,
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
