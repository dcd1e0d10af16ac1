"""Audit lines: who did what, never filtered by level."""

from __future__ import annotations

import logging
from typing import Any

from .level import AUDIT

# What makeRecord refuses to be given from outside.
_TAKEN = frozenset((*logging.LogRecord("", 0, "", 0, "", (), None).__dict__, "message", "asctime"))


def audit(logger: logging.Logger, msg: str = "", *args: object, stacklevel: int = 1, **fields: Any) -> None:
    """Write an audit line with ``fields`` such as user, method, result and duration.

    A field that a log record has already (``name``, ``module`` ...) gets an underscore behind its name, where
    ``logging`` itself would raise. ``stacklevel`` 1 names the caller of this function as the place.
    """
    if logger.isEnabledFor(AUDIT):
        extra = {f"{name}_" if name in _TAKEN else name: value for name, value in fields.items()}
        logger.log(AUDIT, msg, *args, extra=extra, stacklevel=stacklevel + 1)
