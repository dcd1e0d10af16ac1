"""The last changes of each Module, kept in the store beside it: who changed what, when, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .changes import module_changes, override, override_end
    from .entry import HistoryEntry, entry_from_dict, entry_to_dict
    from .recorder import HistoryRecorder
    from .store import HistoryStore
    from .value import History, decode_history, encode_history, history_key
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "changes": ("module_changes", "override", "override_end"),
            "entry": ("HistoryEntry", "entry_from_dict", "entry_to_dict"),
            "recorder": ("HistoryRecorder",),
            "store": ("HistoryStore",),
            "value": ("History", "decode_history", "encode_history", "history_key"),
        },
    )

__all__ = (
    "History",
    "HistoryEntry",
    "HistoryRecorder",
    "HistoryStore",
    "decode_history",
    "encode_history",
    "entry_from_dict",
    "entry_to_dict",
    "history_key",
    "module_changes",
    "override",
    "override_end",
)
