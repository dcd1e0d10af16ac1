"""Errors belong together however their program writes them."""

from __future__ import annotations

import logging
import sys

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.logs.errors.kind import ErrorKind, kind_of
from corvo_agent.logs.writing.formatter import JsonFormatter

TRACE = 'Traceback (most recent call last):\n  File "/srv/shop.py", line 41, in pay\n    x()\nshop.Refused: no 7\n'
JS = "TypeError: x\n    at pay (/srv/shop.js:10:2)"


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (
            {"msg": "payment 77 failed", "stack": TRACE, "exception": "Refused"},
            ErrorKind("Refused", "pay (shop.py:41)", "payment <n> failed"),
        ),
        # A line of text with its traceback below.
        (
            {"msg": f"payment 78 failed\n{TRACE}"},
            ErrorKind("shop.Refused", "pay (shop.py:41)", "payment <n> failed"),
        ),
        # pino, whose error is an object.
        (
            {"msg": "boom", "err": orjson.dumps({"type": "TypeError", "message": "x", "stack": JS}).decode()},
            ErrorKind("TypeError", "pay (shop.js:10:2)", "boom"),
        ),
        # ECS, nested and flat.
        (
            {"message": "boom", "error": orjson.dumps({"type": "a.B", "stack_trace": JS}).decode()},
            ErrorKind("a.B", "pay (shop.js:10:2)", "boom"),
        ),
        (
            {"message": "boom", "error.type": "a.B", "error.stack_trace": JS},
            ErrorKind("a.B", "pay (shop.js:10:2)", "boom"),
        ),
        # zap without a trace.
        (
            {"level": "error", "msg": "request failed", "caller": "elastic.go:997", "error": "timed out"},
            ErrorKind("", "elastic.go:997", "request failed"),
        ),
        ({"level": "error", "error": "timed out after 3 s"}, ErrorKind("", "", "timed out after <n> s")),
        ({}, ErrorKind("", "", "")),
    ],
)
def test_the_kind_of_a_line(record: dict[str, str], kind: ErrorKind) -> None:
    assert kind_of(record) == kind


def test_a_line_that_our_own_formatter_writes() -> None:
    try:
        int("x" * 3)
    except ValueError:
        line = logging.LogRecord("shop", logging.ERROR, "shop.py", 1, "row %s", (9,), sys.exc_info())
    record = {key: str(value) for key, value in orjson.loads(JsonFormatter("shop").format(line)).items()}
    kind = kind_of(record)
    assert (kind.exception, kind.message) == ("ValueError", "row <n>")
    assert kind.frame.startswith("test_a_line_that_our_own_formatter_writes (test_kind.py:")


@given(st.dictionaries(st.sampled_from(["msg", "err", "stack", "error", "exception", "caller", "event"]), st.text()))
def test_any_record_has_a_kind(record: dict[str, str]) -> None:
    assert isinstance(kind_of(record), ErrorKind)
