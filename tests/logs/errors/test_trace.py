"""Traces as interpreters print them: real ones of this Python, and the forms of other runtimes."""

from __future__ import annotations

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.logs.errors.trace import read_trace


def fail() -> None:
    raise ValueError("bad 5")


def chained() -> None:
    try:
        fail()
    except ValueError as error:
        raise KeyError("two\nlines: of it") from error


def grouped() -> None:
    try:
        fail()
    except ValueError as error:
        raise ExceptionGroup("several", [error]) from None


@pytest.mark.parametrize(
    ("raises", "name", "function"),
    [(fail, "ValueError", "fail"), (chained, "KeyError", "chained"), (grouped, "ValueError", "fail")],
)
def test_a_trace_of_this_python(raises: object, name: str, function: str) -> None:
    try:
        raises()  # type: ignore[operator]
    except Exception:
        text = traceback.format_exc()
    found, frame = read_trace(text)
    assert found == name
    assert frame.startswith(f"{function} (test_trace.py:")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "java.lang.IllegalStateException: bad\n\tat com.x.Foo.bar(Foo.java:12)\n\tat com.x.M.main(M.java:3)\n"
            "Caused by: java.io.IOException: z\n\tat com.x.Io.read(Io.java:1)",
            ("java.lang.IllegalStateException", "com.x.Foo.bar(Foo.java:12)"),
        ),
        (
            "TypeError: x is not a function\n    at pay (/srv/app/shop.js:10:2)\n    at /srv/app/main.js:3:4",
            ("TypeError", "pay (shop.js:10:2)"),
        ),
        (
            "System.InvalidOperationException: nope\n   at Ns.C.M(String a) in /src/f/C.cs:line 12",
            ("System.InvalidOperationException", "Ns.C.M(String a) in C.cs:line 12"),
        ),
        ("main.connect\n\t/srv/db.go:88\nmain.main\n\t/srv/main.go:3", ("", "main.connect (db.go:88)")),
        (
            "goroutine 1 [running]:\nruntime/debug.Stack()\n\t/usr/go/debug.go:1 +0x1\n"
            "main.(*T).Do(0xc000, 0x1)\n\t/p/x.go:12 +0x1d",
            ("", "main.(*T).Do (x.go:12)"),
        ),
        ("no trace at all", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_trace_of_another_runtime(text: str, found: tuple[str, str]) -> None:
    assert read_trace(text) == found


@given(st.text(alphabet='  \n\t|+-at File".py:123,in(Error)/', max_size=2000))
def test_any_text_is_read(text: str) -> None:
    name, frame = read_trace(text)
    assert "\n" not in name + frame


def test_a_long_trace_is_read_at_both_ends() -> None:
    frames = "".join(f'  File "/srv/a.py", line {number}, in f\n    f()\n' for number in range(20_000))
    assert read_trace(f"Traceback (most recent call last):\n{frames}RecursionError: deep") == (
        "RecursionError",
        "f (a.py:19999)",
    )
