"""What ``corvo modules edit`` and ``corvo modules watch`` are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .draft import Draft
    from .module_watch import show_changes
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "draft": ("Draft",),
            "module_watch": ("show_changes",),
        },
    )

__all__ = (
    "Draft",
    "show_changes",
)
