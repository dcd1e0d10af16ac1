"""The file of an audit: rotated, and read by its owner only."""

from __future__ import annotations

import logging
import logging.handlers
import os
import sys
from typing import Any

from ..errors import ConfigError, system_reason

_log = logging.getLogger("corvo_agent.audit")

#: Bytes after which a file is put aside, and how many of them are kept.
ROTATE_BYTES, KEPT_FILES = 10 << 20, 5


class AuditFile(logging.handlers.RotatingFileHandler):
    """A rotated file of mode 0600, whose troubles are logged."""

    def _open(self) -> Any:
        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=_private)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's
        """A line that could not be written is in the program's log at least; part of logging's Handler."""
        error = sys.exception()
        reason = system_reason(error) if isinstance(error, Exception) else error
        _log.error("the audit file cannot be written (%s): %s", reason, record.getMessage())


def open_audit_file(path: str) -> AuditFile:
    """The file at ``path``, to be written on. Raises ConfigError when it cannot be opened."""
    try:
        return AuditFile(path, maxBytes=ROTATE_BYTES, backupCount=KEPT_FILES, encoding="utf-8")
    except OSError as error:
        raise ConfigError("audit-file", path, f"cannot be opened: {system_reason(error)}") from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
