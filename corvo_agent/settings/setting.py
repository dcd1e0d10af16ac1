"""One setting: its spellings, its default, its words, and what is refused; declared where its value is kept.

The kind of a value follows from the default: text, a switch, a whole number, a duration (a float, in seconds), a list
of texts (a tuple). The same rules read it wherever it is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from ..errors import ConfigError, InvalidArgument
from ..timestamps import format_duration, parse_duration

V = TypeVar("V")

#: Where the environment names of settings begin.
PREFIX = "CORVO_"
#: Refuses a value with ConfigError naming the second argument.
Check = Callable[[Any, str], object]
#: Reads one text of a list; raises ConfigError naming the second argument.
ReadItem = Callable[[str, str], Any]

_SWITCH = {
    **dict.fromkeys(("true", "1", "yes", "on", "t", "y"), True),
    **dict.fromkeys(("false", "0", "no", "off", "f", "n"), False),
}
_EXPECTED = {bool: "true or false", int: "a whole number", float: "a duration", str: "text", tuple: "a list of texts"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a program.

    ``field`` of its dataclass holds the value. ``--option`` gives it on the command line, ``option`` is the key in the
    TOML file, ``variable`` is its name in the environment. ``help`` is what ``--help`` and the reference say. A
    ``secret`` value appears in no message.
    """

    field: str
    option: str
    variable: str
    default: Any
    help: str
    metavar: str = ""
    secret: bool = False
    check: Check | None = None
    read_item: ReadItem | None = None

    @property
    def kind(self) -> type[Any]:
        """str, bool, int, float (a duration in seconds) or tuple (a list)."""
        return type(self.default)

    @property
    def shown_default(self) -> str:
        """The default as people read it; "" where there is none to show."""
        if not self.default:
            return ""
        return duration_text(self.default) if self.kind is float else str(self.default)

    def parse(self, text: str, what: str) -> Any:
        """The value that ``text`` is, on the command line or in the environment.

        A duration is ``10m`` or ``1.5s``, a bare number is seconds. Commas separate the parts of a list. Raises
        ConfigError naming ``what``.
        """
        if self.kind is bool:
            lowered = text.strip().lower()
            if lowered not in _SWITCH:
                raise self._refusal(what, text, "must be true or false")
            return _SWITCH[lowered]
        if self.kind is tuple:
            return self._items((part.strip() for part in text.split(",")), what)
        try:
            value = _seconds(text) if self.kind is float else self.kind(text)
        except InvalidArgument as error:
            raise self._refusal(what, text, error.reason) from None
        except ValueError:
            raise self._refusal(what, text, "must be a whole number") from None
        return self._checked(value, what)

    def text_of(self, value: Any) -> str:
        """What ``parse`` reads as ``value``."""
        if self.kind is tuple:
            return ",".join(map(str, value))
        if self.kind is bool:
            return "true" if value else "false"
        return duration_text(value) if self.kind is float else str(value)

    def from_toml(self, value: Any, what: str) -> Any:
        """The value that ``value`` of a TOML file is; raises ConfigError naming ``what``."""
        if self.kind is tuple and isinstance(value, list) and all(isinstance(item, str) for item in value):
            return self._items(value, what)
        if isinstance(value, str) and self.kind in (tuple, float):
            return self.parse(value, what)
        accepted = (int, float) if self.kind is float else self.kind
        if not isinstance(value, accepted) or (isinstance(value, bool) and self.kind is not bool):
            raise self._refusal(what, value, f"must be {_EXPECTED[self.kind]}")
        return self._checked(self.kind(value), what)

    def from_line(self, given: str | bool | Iterable[str], what: str) -> Any:
        """The value that the command line gives: a text, a switch that is there, or a list's option several times."""
        if isinstance(given, bool):
            return given
        return self.parse(given if isinstance(given, str) else ",".join(given), what)

    def _items(self, texts: Iterable[str], what: str) -> tuple[Any, ...]:
        read = self.read_item or _as_it_is
        return self._checked(tuple(read(text, what) for text in texts if text), what)

    def _checked(self, value: V, what: str) -> V:
        if self.check is not None:
            self.check(value, what)
        return value

    def _refusal(self, what: str, value: object, reason: str) -> ConfigError:
        return ConfigError(what, None if self.secret else value, reason)


def setting(
    default: Any,
    description: str,
    *,
    option: str = "",
    variable: str = "",
    metavar: str = "",
    secret: bool = False,
    check: Check | None = None,
    read_item: ReadItem | None = None,
) -> Any:
    """A dataclass field that is a setting.

    ``option`` and ``variable`` are made from the field's name unless given: ``log_file`` is ``--log-file`` and
    ``CORVO_LOG_FILE``. ``check`` refuses values; ``read_item`` reads the parts of a list. A ``secret`` value is not in
    the dataclass's ``repr``.
    """
    declared = {
        "option": option,
        "variable": variable,
        "help": description,
        "metavar": metavar,
        "secret": secret,
        "check": check,
        "read_item": read_item,
    }
    return field(default=default, repr=not secret, metadata={"setting": declared})


def settings_of(section: type[Any]) -> tuple[Setting, ...]:
    """The settings that the dataclass ``section`` declares, in the order of its fields."""
    found = []
    for each in fields(section):
        if (declared := each.metadata.get("setting")) is not None:
            option = declared["option"] or each.name.replace("_", "-")
            spelled = {"option": option, "variable": declared["variable"] or variable_of(option)}
            found.append(Setting(**{**declared, **spelled}, field=each.name, default=each.default))
    return tuple(found)


def variable_of(option: str) -> str:
    """The name in the environment that belongs to ``option`` unless its declaration names another."""
    return PREFIX + option.upper().replace("-", "_")


def check_settings(section: Any) -> None:
    """Check each setting of a dataclass that was made directly. Raises ConfigError naming the option."""
    for each in settings_of(type(section)):
        if each.check is not None:
            each.check(getattr(section, each.field), each.option)


def check_pair(section: Any, one: str, other: str) -> None:
    """Refuse the field ``one`` without ``other`` and the reverse; raises ConfigError naming their options."""
    if bool(getattr(section, one)) != bool(getattr(section, other)):
        option = {each.field: each.option for each in settings_of(type(section))}
        raise ConfigError(option[one], getattr(section, one), f"belongs together with {option[other]}")


def above_zero(value: float, what: str) -> None:
    """A Check: a number that is greater than 0, and finite."""
    if not 0 < value < math.inf:
        raise ConfigError(what, value, "must be greater than 0, and finite")


def not_negative(value: float, what: str) -> None:
    """A Check: a number that is 0 or greater, and finite."""
    if not 0 <= value < math.inf:
        raise ConfigError(what, value, "must not be less than 0, and must be finite")


def duration_text(seconds: float) -> str:
    """``seconds`` as a duration that ``parse_duration`` reads back: ``5m``, ``1h30m``, ``0.5s``."""
    nanoseconds = round(seconds * 1e9)
    text = format_duration(nanoseconds)
    # That is for people, and leaves out what is small beside the rest.
    return text if parse_duration(text) == nanoseconds else f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"


def _seconds(text: str) -> float:
    return parse_duration(text) / 1e9


def _as_it_is(text: str, _: str) -> str:
    return text
