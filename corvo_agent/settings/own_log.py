"""How a program writes its own log on stderr."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ConfigError, InvalidArgument
from ..levels.level import Level
from .setting import check_settings, setting

LOG_FORMATS = ("json", "text")


def check_level(text: str, what: str) -> None:
    """A Check: the name of a level."""
    try:
        Level.parse(text, what)
    except InvalidArgument as error:
        raise ConfigError(error.what, error.value, error.reason, error.valid) from None


def _check_format(text: str, what: str) -> None:
    if text not in LOG_FORMATS:
        raise ConfigError(what, text, "unknown format", LOG_FORMATS)


@dataclass(frozen=True, slots=True)
class OwnLogSettings:
    """Form and level of the lines that a program writes about itself. Raises ConfigError naming the option."""

    own_log_format: str = setting(
        "json", "Form of the program's own log on stderr: json or text.", metavar="FORMAT", check=_check_format
    )
    own_log_level: str = setting("Info", "Level of the program's own log.", metavar="LEVEL", check=check_level)

    def __post_init__(self) -> None:
        check_settings(self)
