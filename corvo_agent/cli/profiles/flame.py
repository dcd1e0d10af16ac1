"""Profiles as flame graphs: a hierarchy that Vega lays out and draws, by vl-convert, into an SVG or a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import orjson

from ...errors import InvalidArgument, Unsupported
from ..show.output import visible
from .hot_functions import Function, Measured, function_of

#: What a flame graph may be written into.
SUFFIXES = (".svg", ".html")
_WIDTH, _ROW, _LETTER = 1200, 18, 6.7
# The edges of a box, as far as it is within what is zoomed to.
_LEFT, _RIGHT = "scale('x', max(datum.x0, zoom.x0))", "scale('x', min(datum.x1, zoom.x1))"
# Boxes narrower than this part of the whole are left to the box above them: they could not be seen.
_NARROWEST = 1 / 2000
_DEEPEST = 300
# Of Unicode's private use: no text has a meaning for it.
_LESS = "\ue0f0"
_SVG = "http://www.w3.org/2000/svg"


def check_flame(path: Path) -> None:
    """Whether a flame graph can be written into ``path``, before anything is measured for it.

    Raises InvalidArgument for another kind of file, Unsupported when the extra is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidArgument("--flame", str(path), "unknown kind of file", SUFFIXES)
    try:
        import vl_convert  # noqa: F401
    except ImportError:
        raise Unsupported("--flame", "it is drawn by vl-convert, which comes with corvo-agent[flame]") from None


def flame_graph(measured: Measured, title: str, suffix: str) -> str:
    """The text of an SVG or of a page that needs nothing else. Blocks for a second or two."""
    import vl_convert

    specification = orjson.dumps(_specification(measured, title)).decode()
    if suffix.lower() == ".html":
        # What a service calls its functions must not end the script that it is embedded in, and vl-convert embeds it
        # as it is: the character stands out of its sight, and comes back as an escape of JavaScript's.
        page = str(vl_convert.vega_to_html(specification.replace("<", _LESS), bundle=True, renderer="svg"))
        return page.replace(_LESS, "\\u003c")
    return _with_titles(str(vl_convert.vega_to_svg(specification)))


class _Box:
    """A function called from one place: its own value and that of what it called."""

    __slots__ = ("called", "own", "total")

    def __init__(self) -> None:
        self.own = self.total = 0
        self.called: dict[Function, _Box] = {}


def _tree(measured: Measured) -> _Box:
    root = _Box()
    for stack, value in measured.samples:
        box = root
        box.total += abs(value)
        for frame in reversed(stack[-_DEEPEST:]):
            box = box.called.setdefault(function_of(frame), _Box())
            box.total += abs(value)
        box.own += abs(value)
    return root


def _rows(measured: Measured, title: str) -> Iterator[dict[str, Any]]:
    """The boxes as a table: each with the number of the one that it stands on."""
    root = _tree(measured)
    waiting: list[tuple[Function, _Box, int | None, int]] = [((title, ""), root, None, 0)]
    number = 0
    while waiting:
        (name, filename), box, below, depth = waiting.pop()
        number += 1
        shown = {each: called for each, called in box.called.items() if called.total >= root.total * _NARROWEST}
        own = box.total - sum(called.total for called in shown.values())
        yield {
            "id": number,
            "below": below,
            "depth": depth,
            "name": visible(name),
            "module": name.rpartition(".")[0],
            "own": own,
            # Beside the name, as two files may have functions of one name.
            "label": f"{visible(name)}: {measured.text(box.total)}, {measured.share(box.total)}"
            + (f" ({visible(filename)})" if filename else ""),
        }
        waiting += [(each, shown[each], number, depth + 1) for each in sorted(shown, reverse=True)]


def _specification(measured: Measured, title: str) -> dict[str, Any]:
    """A chart in Vega's language: one box for each function, as wide as its share, on top of its caller's."""
    rows = list(_rows(measured, title))
    return {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "description": f"{title}: {measured.type.type} by call stack. A click on a box makes it as wide as the whole.",
        "width": _WIDTH,
        "height": _ROW * (1 + max(row["depth"] for row in rows)),
        "padding": 5,
        "signals": [
            # The box that fills the width.
            {"name": "zoom", "value": {"x0": 0, "x1": 1}, "on": [{"events": "@box:click", "update": "datum"}]}
        ],
        "data": [
            {
                "name": "boxes",
                "values": rows,
                "transform": [
                    {"type": "stratify", "key": "id", "parentKey": "below"},
                    {"type": "partition", "field": "own", "sort": {"field": "name"}, "size": [1, 1]},
                ],
            }
        ],
        "scales": _scales(),
        "marks": [_box(), _text()],
    }


def _scales() -> list[dict[str, Any]]:
    return [
        {
            "name": "x",
            "type": "linear",
            "zero": False,
            "domain": {"signal": "[zoom.x0, zoom.x1]"},
            "range": [0, _WIDTH],
        },
        {
            "name": "color",
            "type": "ordinal",
            "domain": {"data": "boxes", "field": "module"},
            "range": {"scheme": "pastel1"},
        },
    ]


def _box() -> dict[str, Any]:
    return {
        "name": "box",
        "type": "rect",
        "clip": True,
        "from": {"data": "boxes"},
        "encode": {
            "enter": {"tooltip": {"field": "label"}, "description": {"field": "label"}},
            "update": {
                "x": {"signal": _LEFT},
                "x2": {"signal": f"max({_LEFT}, {_RIGHT})"},
                "y": {"signal": f"datum.depth * {_ROW}"},
                "height": {"value": _ROW - 1},
                "fill": {"scale": "color", "field": "module"},
                "cursor": {"value": "pointer"},
                "stroke": {"value": "white"},
                "strokeWidth": {"value": 0.5},
            },
        },
    }


def _text() -> dict[str, Any]:
    wide = f"({_RIGHT} - {_LEFT})"
    return {
        "type": "text",
        "clip": True,
        "from": {"data": "boxes"},
        "interactive": False,
        "encode": {
            "enter": {"aria": {"value": False}},
            "update": {
                "x": {"signal": f"{_LEFT} + 3"},
                "y": {"signal": f"datum.depth * {_ROW} + {_ROW // 2}"},
                "baseline": {"value": "middle"},
                "font": {"value": "monospace"},
                "fontSize": {"value": 11},
                # Cut by letters of one width: measuring each text, as Vega would, takes ten times as long.
                "text": {"signal": f"{wide} > 25 ? truncate(datum.name, floor(({wide} - 6) / {_LETTER})) : ''"},
            },
        },
    }


def _with_titles(svg: str) -> str:
    """``svg`` with what Vega says of each box to screen readers as a title, which browsers show at the pointer."""
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(svg)
    for element in root.iter(f"{{{_SVG}}}path"):
        if label := element.get("aria-label"):
            ElementTree.SubElement(element, f"{{{_SVG}}}title").text = label
    return ElementTree.tostring(root, encoding="unicode")
