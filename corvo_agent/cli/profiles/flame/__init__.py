"""Profiles as flame graphs: ``data`` is the tree of calls, ``layout`` its boxes, ``svg`` and ``page`` the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...._lazy import lazy_names

if TYPE_CHECKING:
    from .data import FlameData, FlameNode, flame_data
    from .graph import check_flame, flame_graph
    from .layout import Box, boxes, hue, shorten
    from .page import flame_page
    from .svg import flame_svg
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "data": ("FlameData", "FlameNode", "flame_data"),
            "graph": ("check_flame", "flame_graph"),
            "layout": ("Box", "boxes", "hue", "shorten"),
            "page": ("flame_page",),
            "svg": ("flame_svg",),
        },
    )

__all__ = (
    "Box",
    "FlameData",
    "FlameNode",
    "boxes",
    "check_flame",
    "flame_data",
    "flame_graph",
    "flame_page",
    "flame_svg",
    "hue",
    "shorten",
)
