"""Which file a flame graph becomes, by its name."""

from __future__ import annotations

from pathlib import Path

from ....errors import InvalidArgument
from ..hot_functions import Measured
from .data import flame_data

#: What a flame graph may be written into.
SUFFIXES = (".svg", ".html")


def check_flame(path: Path) -> None:
    """Refuse a ``path`` that no flame graph can be written into, before anything is measured: InvalidArgument."""
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidArgument("--flame", str(path), "unknown kind of file", SUFFIXES)


def flame_graph(now: Measured, title: str, suffix: str, before: Measured | None = None) -> str:
    """The text of an SVG or of a page that needs nothing else; with ``before``, what has changed since."""
    data = flame_data(now, title, before)
    # Late: a command draws one of the two.
    if suffix.lower() == ".html":
        from .page import flame_page

        return flame_page(data)
    from .svg import flame_svg

    return flame_svg(data)
