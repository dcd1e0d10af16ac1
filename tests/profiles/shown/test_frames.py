"""Frames as people and as programs read them."""

from __future__ import annotations

from corvo_agent.profiles.pprof.model import Frame
from corvo_agent.profiles.shown.frames import frame_lines, frames_json

STACK = (
    Frame("asyncio.locks.Event.wait", "/usr/lib/python3.11/asyncio/locks.py", 213),
    Frame("shop.work", "/srv/shop/work.py", 7),
    Frame("[native]"),
)


def test_the_innermost_come_first_and_the_rest_is_counted() -> None:
    assert list(frame_lines(STACK, 2, "  ")) == [
        "  asyncio.locks.Event.wait  asyncio/locks.py:213",
        "  shop.work  /srv/shop/work.py:7",
        "  ... 1 more frames",
    ]
    assert list(frame_lines(STACK, 3, ""))[-1] == "[native]"


def test_programs_get_whole_paths() -> None:
    assert frames_json(STACK)[0] == {"function": STACK[0].function, "file": STACK[0].filename, "line": 213}
