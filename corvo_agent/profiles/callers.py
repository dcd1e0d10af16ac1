"""The frames of a thread from its topmost one on, in one step."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, repeat, takewhile
from operator import truth
from types import FrameType


def callers(frame: FrameType | None, most: int | None = None) -> Iterator[FrameType]:
    """``frame``, the one that called it, and so on; with ``most``, at most so many callers.

    To be taken at once, as by ``list``: that is a single step for the interpreter, in which its lock cannot change
    hands. A loop of ours would let other threads return from what it looks at: the stack would be of several moments,
    and Python 3.11 was seen to crash.
    """
    if frame is None:
        return iter(())
    steps = repeat("f_back") if most is None else repeat("f_back", most)
    # getattr(frame, "f_back"), again and again.
    chain: Iterator[FrameType] = accumulate(steps, getattr, initial=frame)
    return takewhile(truth, chain)
