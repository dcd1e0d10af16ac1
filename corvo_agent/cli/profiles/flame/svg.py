"""A flame graph as a picture: an SVG that needs nothing else, with a title on each box for the pointer."""

from __future__ import annotations

import colorsys
from collections.abc import Iterator

# Only for writing XML; none is read.
from xml.sax.saxutils import escape, quoteattr  # nosec B406

from ....profiles.shown.amounts import quantity
from .data import FlameData, FlameNode
from .layout import boxes, hue, shorten

_WIDTH, _ROW, _MARGIN = 1200, 18, 10
# Of the 11 pixel monospace that names are written in.
_LETTER = 6.7
# Boxes narrower than this part of the whole could not be seen: their callers' boxes show through.
_NARROWEST = 1 / 2400
_STYLE = "text{font:11px ui-monospace,monospace;fill:#23272b;pointer-events:none}rect{stroke:#fbfaf7;stroke-width:.5}"
_TALLEST = 300


def flame_svg(data: FlameData) -> str:
    """The text of the SVG. What lies deeper than 300 rows is left out, and said."""
    laid = boxes(data)
    whole = max(laid[0].width, 1)
    shown = [box for box in laid if (box.width >= whole * _NARROWEST and box.depth < _TALLEST) or box.node == 0]
    deepest = max(box.depth for box in shown)
    cut = max(box.depth for box in laid) >= _TALLEST
    height = (deepest + 1 + cut) * _ROW + 2 * _MARGIN
    scale = (_WIDTH - 2 * _MARGIN) / whole
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        f' role="img" aria-label={quoteattr(f"{data.title}: {data.type} by call stack")}>',
        f'<style>{_STYLE}</style><rect width="{_WIDTH}" height="{height}" fill="#fbfaf7"/>',
    ]
    for box in shown:
        left, width = _MARGIN + box.left * scale, max(box.width, whole if box.node == 0 else 0) * scale
        lines.extend(_box(data, data.nodes[box.node], left, _MARGIN + box.depth * _ROW, width))
    if cut:
        lines.append(f'<text x="{_MARGIN}" y="{height - _MARGIN}">deeper calls are left out</text>')
    return "\n".join((*lines, "</svg>\n"))


def _box(data: FlameData, node: FlameNode, left: float, top: int, width: float) -> Iterator[str]:
    name, filename = data.functions[node.function] if node.function >= 0 else (data.title, "")
    yield (
        f'<g><title>{escape(box_title(data, node, name, filename))}</title><rect x="{left:.2f}" y="{top}"'
        f' width="{width:.2f}" height="{_ROW - 1}" fill="{_colour(data, node, name)}"/>'
    )
    text = shorten(name, int((width - 6) / _LETTER))
    if text:
        yield f'<text x="{left + 3:.2f}" y="{top + 13}">{escape(text)}</text>'
    yield "</g>"


def box_title(data: FlameData, node: FlameNode, name: str, filename: str) -> str:
    """What a box says of itself: name, value, share of the whole, the change of a comparison, file."""
    whole = data.nodes[0]
    share = f"{100 * node.value / whole.value:.1f}%" if whole.value else "0.0%"
    text = f"{name}: {quantity(node.value, data.unit)}, {share}"
    if data.is_diff:
        change = node.value - node.before
        text += f", {'-' if change < 0 else '+'}{quantity(abs(change), data.unit)}"
    return f"{text} ({filename})" if filename else text


def _colour(data: FlameData, node: FlameNode, name: str) -> str:
    if node.function < 0:
        return "#e4e0d6"
    if data.is_diff:
        return change_colour(node.value, node.before)
    red, green, blue = colorsys.hls_to_rgb(hue(name) / 360, 0.77, 0.42)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def change_colour(value: int, before: int) -> str:
    """Orange for what has grown, blue for what has shrunk, the more so the larger the change beside the larger one."""
    larger = max(value, before)
    change = (value - before) / larger if larger else 0.0
    if not change:
        return "#e4e0d6"
    near, far = ((0xF6, 0xE3, 0xD0), (0xF0, 0xA0, 0x50)) if change > 0 else ((0xDD, 0xE8, 0xF0), (0x78, 0xB4, 0xDE))
    parts = (round(a + (b - a) * abs(change)) for a, b in zip(near, far, strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)
