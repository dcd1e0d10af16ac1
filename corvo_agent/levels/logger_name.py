"""Which names of loggers may be handed on: people write them, and they go into command lines, paths, other programs."""

from __future__ import annotations

from ..errors import InvalidArgument, shorten

#: Longest name of a logger, in characters.
MAX_LOGGER_NAME = 200
# As a part of a path these lead elsewhere, however they are encoded.
_STEPS = frozenset((".", ".."))


def check_logger_name(name: str, what: str = "logger") -> None:
    """Pass a name that no program takes for something else; "" stands for all loggers.

    Raises InvalidArgument naming ``what`` for one that is too long, looks like an option or a step in a path, or holds
    what ends a line.
    """
    if name.startswith("-") or name in _STEPS or len(name) > MAX_LOGGER_NAME or not name.isprintable():
        raise InvalidArgument(what, name, "not a name that a level hook can pass on")


def shown_logger_name(name: str) -> str:
    """``name`` for messages and logs: short, and without what ends a line or moves a terminal's cursor."""
    return shorten(repr(name)[1:-1])
