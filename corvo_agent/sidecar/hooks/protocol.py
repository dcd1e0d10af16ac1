"""What changes the level inside a process that is not ours: the plug, and the words that it is told in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from ...levels.level import Level
from ...levels.logger_name import check_logger_name


@dataclass(frozen=True, slots=True)
class LevelChange:
    """One step: ``logger`` ("" for all) is to be at ``level``.

    ``reset`` says that the logger has no level of its own any more; ``level`` then is what holds for all.

    Raises InvalidArgument when ``logger`` is no name that can be handed to other programs.
    """

    level: Level
    logger: str = ""
    reset: bool = False

    def __post_init__(self) -> None:
        check_logger_name(self.logger)


class LevelHook(Protocol):
    """Sets levels in one foreign program: by HTTP, a file, a signal or a command (see ``parse_level_hook``)."""

    @property
    def name(self) -> str:
        """What it is called in statistics and logs; holds no secret."""
        ...

    @property
    def knows_loggers(self) -> bool:
        """Whether it can set the level of a single logger."""
        ...

    async def set_level(self, change: LevelChange) -> None:
        """Make ``change`` hold in the program; doing it again does no harm.

        Raises a CorvoError that says what went wrong. May be cancelled at any time, and leaves nothing behind then.
        """
        ...


#: Our levels as most programs spell them.
LEVEL_NAMES: Mapping[Level, str] = MappingProxyType({level: level.text.lower() for level in Level})


def placeholders(change: LevelChange, names: Mapping[Level, str] = LEVEL_NAMES) -> dict[str, str]:
    """What ``{level}``, ``{LEVEL}`` and ``{logger}`` stand for; ``names`` is how the program spells our levels."""
    level = names.get(change.level, LEVEL_NAMES[change.level])
    return {"level": level, "LEVEL": level.upper(), "logger": change.logger}
