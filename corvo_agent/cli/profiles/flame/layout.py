"""Where the boxes of a flame graph lie; what they are called in the room that they have; and their colours.

``console/flame/tree.js`` does the same for the page; tests hold the two equal. Positions are whole numbers in the unit
of the profile: whoever draws scales them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .data import FlameData

_PARTS = re.compile(r"[./]")


class Box(NamedTuple):
    """The box of ``node``: ``depth`` rows below the whole, from ``left`` on ``width`` wide."""

    node: int
    depth: int
    left: int
    width: int


def boxes(data: FlameData) -> list[Box]:
    """The boxes of all nodes, in their order. Those that a node calls stand side by side from its left edge on.

    A box is as wide as what its function took itself and what it called. In a comparison it is the larger of now and
    before that counts, so that what is gone is seen as well as what is new.
    """
    own = [[node.value, node.before] for node in data.nodes]
    for node in data.nodes[1:]:
        own[node.parent][0] -= node.value
        own[node.parent][1] -= node.before
    widths = [max(value, before) if data.is_diff else value for value, before in own]
    for number in range(len(data.nodes) - 1, 0, -1):
        widths[data.nodes[number].parent] += widths[number]
    found: list[Box] = []
    # Where the next box of each node's callees begins.
    free: list[int] = []
    for number, node in enumerate(data.nodes):
        if node.parent < 0:
            depth, left = 0, 0
        else:
            depth, left = found[node.parent].depth + 1, free[node.parent]
            free[node.parent] += widths[number]
        found.append(Box(number, depth, left, widths[number]))
        free.append(left)
    return found


def shorten(name: str, letters: int) -> str:
    """``name`` in at most ``letters``: the method stays longest, as it tells most. "" where nothing would be told."""
    if len(name) <= letters:
        return name
    # From the first part on that leaves the rest short enough, with a mark for what is missing.
    for part in _PARTS.finditer(name):
        rest = name[part.end() :]
        if rest and len(rest) + 1 <= letters:
            return f"\u2026{rest}"
    last = _PARTS.split(name)[-1]
    return f"{last[: letters - 1]}\u2026" if letters > 3 and last else ""


def hue(name: str) -> int:
    """The hue of a function, in degrees: the same for all functions of one module."""
    module = name.rpartition(".")[0] or name
    # FNV-1a over UTF-16, which is what JavaScript's texts consist of.
    found = 2166136261
    for unit in memoryview(module.encode("utf-16-le", "surrogatepass")).cast("H"):
        found = (found ^ unit) * 16777619 & 0xFFFFFFFF
    return found % 360
