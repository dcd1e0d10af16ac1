"""A profile as a tree of calls, in the form that both the SVG and the page are drawn from.

The form (JSON): ``{"title", "type", "unit", "diff", "functions": [[NAME, FILE], ...], "nodes": [[PARENT, FUNCTION,
VALUE, BEFORE], ...]}``. A node is a function called from one place; PARENT is the number of the node that calls it,
which comes before it, -1 for the whole, which is node 0 and has no function (-1). VALUE is its own and that of all that
it called, BEFORE the same of the earlier profile, 0 without one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ....profiles.pprof.model import Stack
from ....profiles.stacks.table import DEEPER
from ...show.output import visible
from ..hot_functions import Function, Measured, function_of

#: Frames of one stack, from the outermost; what is deeper is one that says so.
DEEPEST = 1000


class FlameNode(NamedTuple):
    """A function (its number in ``functions``) called from the node ``parent``; the whole has -1 for both."""

    parent: int
    function: int
    value: int
    before: int


@dataclass(frozen=True, slots=True)
class FlameData:
    """The tree; ``is_diff``: what ``before`` tells is to be compared."""

    title: str
    type: str
    unit: str
    is_diff: bool
    functions: tuple[Function, ...]
    nodes: tuple[FlameNode, ...]

    def as_json(self) -> dict[str, Any]:
        """The form that this module describes."""
        return {
            "title": self.title,
            "type": self.type,
            "unit": self.unit,
            "diff": self.is_diff,
            "functions": self.functions,
            "nodes": [list(node) for node in self.nodes],
        }


class _Call:
    __slots__ = ("before", "called", "value")

    def __init__(self) -> None:
        self.value = self.before = 0
        self.called: dict[Function, _Call] = {}


def flame_data(now: Measured, title: str, before: Measured | None = None) -> FlameData:
    """The tree of ``now``, compared with ``before`` if given; functions with one caller in the order of their names.

    Names lose what is not printable. A value below zero, as the growth of a heap has, counts without its sign.
    """
    root = _Call()
    for stack, value in now.samples:
        for call in _path(root, stack):
            call.value += abs(value)
    for stack, value in before.samples if before is not None else ():
        for call in _path(root, stack):
            call.before += abs(value)
    functions: dict[Function, int] = {}
    nodes: list[FlameNode] = []
    waiting: list[tuple[int, int, _Call]] = [(-1, -1, root)]
    while waiting:
        parent, function, call = waiting.pop()
        number = len(nodes)
        nodes.append(FlameNode(parent, function, call.value, call.before))
        for each in sorted(call.called, reverse=True):
            waiting.append((number, functions.setdefault(each, len(functions)), call.called[each]))
    shown = tuple((visible(name), visible(filename)) for name, filename in functions)
    return FlameData(visible(title), now.type.type, now.type.unit, before is not None, shown, tuple(nodes))


def _path(root: _Call, stack: Stack) -> Iterable[_Call]:
    if len(stack) > DEEPEST:
        stack = (DEEPER, *stack[-DEEPEST:])
    call = root
    yield call
    for frame in reversed(stack):
        function = function_of(frame)
        found = call.called.get(function)
        if found is None:
            call.called[function] = found = _Call()
        call = found
        yield call
