"""The fleet at a glance, kept for all who look at it: a row a Module, measured only for what is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .board import Row, RowFeed, StatusBoard
    from .measured_client import MeasuredClient
    from .measurer import Measurer
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "board": ("Row", "RowFeed", "StatusBoard"),
            "measured_client": ("MeasuredClient",),
            "measurer": ("Measurer",),
        },
    )

__all__ = (
    "MeasuredClient",
    "Measurer",
    "Row",
    "RowFeed",
    "StatusBoard",
)
