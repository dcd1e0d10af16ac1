"""The settings of one program, and their values from the command line, the environment and a TOML file."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from .setting import PREFIX, Setting, settings_of
from .toml_file import check_keys, read_toml

S = TypeVar("S")


class Source(enum.IntEnum):
    """Where a value comes from; the lower one outranks the others."""

    LINE = 1
    ENVIRONMENT = 2
    FILE = 3
    DEFAULT = 4


class Gathered:
    """The values of a program's settings, each with its source."""

    def __init__(self, settings: Iterable[Setting], values: Mapping[str, Any], sources: Mapping[str, Source]) -> None:
        self._settings = tuple(settings)
        self._values = values
        self._sources = sources

    def source(self, option: str) -> Source:
        """Where the value of ``option`` comes from."""
        return self._sources[option]

    def value(self, option: str) -> Any:
        """The value of ``option``."""
        return self._values[option]

    def given(self) -> dict[str, str]:
        """What was given anywhere, as the variables of the environment that say the same."""
        return {
            each.variable: each.text_of(self._values[each.option])
            for each in self._settings
            if self._sources[each.option] is not Source.DEFAULT
        }

    def section(self, section: type[S]) -> S:
        """The dataclass ``section`` with the values of its settings. Raises ConfigError for what it refuses."""
        values = {each.field: self._values.get(each.option, each.default) for each in settings_of(section)}
        return section(**values)


class Program:
    """What a program can be told: the settings of ``sections``, which are dataclasses.

    ``defaults`` are by option, where this program's default is not the one declared; the options ``without`` cannot
    be given, and have their defaults.
    """

    def __init__(
        self, *sections: type[Any], defaults: Mapping[str, Any] | None = None, without: Collection[str] = ()
    ) -> None:
        declared = (each for section in sections for each in settings_of(section) if each.option not in without)
        own = defaults or {}
        #: All its settings, in the order in which they are shown.
        self.settings = tuple(replace(each, default=own.get(each.option, each.default)) for each in declared)

    def gather(
        self,
        line: Mapping[str, Any],
        environment: Mapping[str, str],
        path: str = "",
        others: Callable[[], Collection[str]] = tuple,
        table: Mapping[str, Any] | None = None,
    ) -> Gathered:
        """The value of each setting: the command line's, else the environment's, else the file's, else the default.

        ``line`` is by option, None where not given, as ``Setting.from_line`` takes it; a variable that is empty is not
        given. ``path`` is the TOML file, "" for none, which is not read when what is in it is given as ``table``;
        ``others`` are the keys that other programs take from it, asked
        for when there is one that this program has not. Blocks on the disk.

        Raises ConfigError naming the option, the variable or the key: one that is unknown, a value that is refused.
        """
        if table is None:
            table = read_toml(path) if path else {}
        check_keys(table, [each.option for each in self.settings], others, path)
        values: dict[str, Any] = {}
        sources: dict[str, Source] = {}
        for each in self.settings:
            option = each.option
            if (given := line.get(option)) is not None:
                values[option], sources[option] = each.from_line(given, f"--{option}"), Source.LINE
            elif text := environment.get(each.variable):
                values[option], sources[option] = each.parse(text, each.variable), Source.ENVIRONMENT
            elif option in table:
                values[option], sources[option] = each.from_toml(table[option], f"{path}: {option}"), Source.FILE
            else:
                values[option], sources[option] = each.default, Source.DEFAULT
        return Gathered(self.settings, values, sources)


def unknown_variables(environment: Iterable[str], known: Collection[str]) -> list[str]:
    """Variables that begin with ``CORVO_`` and are none of ``known``."""
    return [name for name in environment if name.startswith(PREFIX) and name not in known]


def mistaken_variables(environment: Iterable[str], known: Collection[str]) -> dict[str, str]:
    """Variables that are almost one of ``known`` -> the one that was probably meant.

    Others that begin with ``CORVO_`` may belong to other programs: Kubernetes makes CORVO_GATEWAY_SERVICE_HOST and the
    like for a service called corvo-gateway.
    """
    unknown = unknown_variables(environment, known)
    if not unknown:
        return {}
    # Late: there rarely is one.
    import difflib

    close = {name: difflib.get_close_matches(name, known, 1, cutoff=0.9) for name in unknown}
    return {name: matches[0] for name, matches in close.items() if matches}
