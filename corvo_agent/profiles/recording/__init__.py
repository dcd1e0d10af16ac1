"""What has to be recorded while it happens: creation stacks, lock waits and stalls of the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .contention import ContentionWatch, Delays
    from .creation_stacks import TaskCreations, ThreadCreations
    from .lock_waits import LockSites
    from .recorders import Recorders
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "contention": ("ContentionWatch", "Delays"),
            "creation_stacks": ("TaskCreations", "ThreadCreations"),
            "lock_waits": ("LockSites",),
            "recorders": ("Recorders",),
        },
    )

__all__ = (
    "ContentionWatch",
    "Delays",
    "LockSites",
    "Recorders",
    "TaskCreations",
    "ThreadCreations",
)
