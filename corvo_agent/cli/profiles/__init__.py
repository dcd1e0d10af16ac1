"""Profiles on the terminal: the hottest functions, and flame graphs as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .flame.graph import check_flame, flame_graph
    from .hot_functions import HotFunction, Measured, difference, measured
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "flame.graph": ("check_flame", "flame_graph"),
            "hot_functions": ("HotFunction", "Measured", "difference", "measured"),
        },
    )

__all__ = (
    "HotFunction",
    "Measured",
    "check_flame",
    "difference",
    "flame_graph",
    "measured",
)
