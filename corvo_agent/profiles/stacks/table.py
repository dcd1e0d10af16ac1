"""Walking Python frames cheaply: a stack is first a tuple of numbers, and gets its names when all is measured."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from types import CodeType, FrameType
from typing import TypeAlias

from ..callers import callers
from ..pprof.model import Frame, Stack
from .naming import FunctionNames

#: Frames kept of one stack, counted from the leaf; the rest is one frame that says so.
MAX_DEPTH = 256
DEEPER = Frame("[deeper frames left out]")

#: A stack as numbers into a ``StackTable``, which is quicker to build and compare than one of ``Frame``.
RawStack: TypeAlias = tuple[int, ...]

_PLACE = attrgetter("f_code", "f_lasti")


class StackTable:
    """Raw stacks: id of the code object and offset of the instruction, leaf first, in turns.

    A code object's hash goes through all of its constants, its id does not; the table keeps the object alive, so
    that the id stays its own. Belongs to one thread.
    """

    def __init__(self, max_depth: int = MAX_DEPTH) -> None:
        self._codes: dict[int, CodeType] = {}
        self._max_depth = max_depth

    def walk(self, frame: FrameType | None) -> RawStack:
        """The stack of which ``frame`` is the leaf."""
        raw: list[int] = []
        codes = self._codes
        places = list(map(_PLACE, callers(frame, self._max_depth)))
        for code, instruction in places[: self._max_depth]:
            key = id(code)
            if key not in codes:
                codes[key] = code
            raw += (key, instruction)
        if len(places) > self._max_depth:
            raw += (0, 0)
        return tuple(raw)

    def collect(self, frames: Iterable[FrameType]) -> RawStack:
        """The stack of ``frames``, leaf first: those of a task are not linked to each other."""
        raw: list[int] = []
        codes = self._codes
        for frame in frames:
            code = frame.f_code
            key = id(code)
            if key not in codes:
                codes[key] = code
            raw += (key, frame.f_lasti)
        return tuple(raw)

    def filenames(self) -> set[str]:
        """The files of all frames that were walked."""
        return {code.co_filename for code in self._codes.values()}

    def resolve(self, raw: RawStack, names: FunctionNames) -> Stack:
        """The frames of a stack that this table walked."""
        codes = self._codes
        pairs = zip(raw[::2], raw[1::2], strict=True)
        return tuple(names.frame(codes[key], at) if key else DEEPER for key, at in pairs)
