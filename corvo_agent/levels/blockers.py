"""Why a line does not come although the level in force lets it pass: what its owners have put in its way."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import islice

from .filter import thresholds_in_force

#: Maximum reported.
MAX_BLOCKERS = 50


def level_blockers() -> tuple[str, ...]:
    """What in ``logging`` stops lines that ``reset_filter`` lets pass, as texts for people; the first ones of many.

    None of it is changed by a level: ``logging.disable``, loggers that are disabled or that their owners made
    quieter, and handlers with a level of their own. Empty while no filter is in force.
    """
    return tuple(islice(_blockers(), MAX_BLOCKERS))


def _blockers() -> Iterator[str]:
    thresholds = thresholds_in_force()
    # No filter is in force: every level is the owners' own, and nothing is in its way.
    if not thresholds.levels:
        return
    stopped = logging.root.manager.disable
    if stopped >= thresholds.lowest:
        yield f"logging.disable stops {_name(stopped)} and everything below it"
    for logger in _loggers():
        wanted = thresholds.of("" if logger is logging.root else logger.name)
        if logger.disabled:
            yield f"logger {logger.name} is disabled"
        if logger.level > wanted:
            yield f"logger {logger.name} is kept at {_name(logger.level)} by its owner"
        for handler in logger.handlers:
            if handler.level > wanted:
                yield f"{type(handler).__name__} of logger {logger.name} takes nothing below {_name(handler.level)}"


def _loggers() -> list[logging.Logger]:
    known = logging.root.manager.loggerDict
    return [logging.root, *(known[name] for name in sorted(known) if isinstance(known[name], logging.Logger))]  # type: ignore[list-item]


def _name(level: int) -> str:
    return str(logging.getLevelName(level))
