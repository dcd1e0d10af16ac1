"""Writing JSON log lines: the formatter, a handler that survives rotation, and one call that sets both up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .formatter import JsonFormatter, level_text
    from .json_logging import JsonFileHandler, JsonLogging, configure_json_logging
    from .queue_handler import JsonQueueHandler
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "formatter": ("JsonFormatter", "level_text"),
            "json_logging": ("JsonFileHandler", "JsonLogging", "configure_json_logging"),
            "queue_handler": ("JsonQueueHandler",),
        },
    )

__all__ = (
    "JsonFileHandler",
    "JsonFormatter",
    "JsonLogging",
    "JsonQueueHandler",
    "configure_json_logging",
    "level_text",
)
