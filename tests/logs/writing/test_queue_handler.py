"""Records that go by way of a queue are written as if they had not."""

from __future__ import annotations

import asyncio
import copy
import io
import json
import logging
import pickle
import queue
from collections.abc import Callable
from logging.handlers import QueueListener
from typing import Any

import pytest
from hypothesis import given

from corvo_agent.logs.writing.formatter import JsonFormatter
from corvo_agent.logs.writing.queue_handler import JsonQueueHandler

from .test_formatter import line, record
from .test_json_values import Unprintable, anything


def queued(made: logging.LogRecord) -> logging.LogRecord:
    """``made`` as it arrives in another process."""
    waiting: queue.Queue[logging.LogRecord] = queue.Queue()
    JsonQueueHandler(waiting).emit(made)
    return pickle.loads(pickle.dumps(waiting.get_nowait()))  # type: ignore[no-any-return]


def failed() -> Any:
    try:
        raise KeyError("k")
    except KeyError as error:
        return type(error), error, error.__traceback__


@pytest.mark.parametrize(
    "made",
    [
        record("%d items of %s", (3, "x"), a=1, b=[1, {"c": None}], d=1.5),
        record({"event": "paid", "user": "bob", "n": {1}}),
        record("broken", exc_info=failed()),
        record({"event": "broken"}, exc_info=failed(), stack_info="Stack:\n  here"),
        record("%d", ("no number",)),
        record("gone", exc_text="Traceback...\nOSError: gone"),
    ],
)
def test_the_line_is_the_same(made: logging.LogRecord) -> None:
    before = copy.copy(made)
    assert line(queued(made)) == line(before)
    # The handlers that follow see the record as it was.
    assert made.__dict__ == before.__dict__


@given(anything, anything)
def test_nothing_makes_it_raise(message: object, value: object) -> None:
    made = record(message, extra=value)
    assert set(line(queued(made))) == set(line(made))


def test_what_cannot_be_printed_or_pickled_is_said() -> None:
    got = line(queued(record("%s", (Unprintable(),), lock=asyncio.Lock, odd=Unprintable())))
    assert {"format_error", "odd", "lock"} <= set(got)


def test_later_changes_do_not_show() -> None:
    basket = ["apple"]
    message: dict[str, Any] = {"event": "paid", "n": [1]}
    waiting: queue.Queue[logging.LogRecord] = queue.Queue()
    JsonQueueHandler(waiting).emit(record(message, basket=basket))
    basket.append("pear")
    message["n"] = 2
    got = line(waiting.get_nowait())
    assert (got["basket"], got["n"]) == (["apple"], [1])


def test_the_task_is_the_one_that_logged() -> None:
    async def run() -> logging.LogRecord:
        return await asyncio.create_task(made(), name="checkout")

    async def made() -> logging.LogRecord:
        # A record of a logger: one that is made by hand has no task, whatever the interpreter.
        return queued(logging.getLogger("svc").makeRecord("svc", 20, "/src/main.py", 1, "m", (), None))

    assert line(asyncio.run(run()), fields=["taskName"])["taskName"] == "checkout"


def test_a_listener_of_the_standard_library_writes_them() -> None:
    stream, waiting = io.StringIO(), queue.Queue[Any]()
    handlers: list[tuple[logging.Formatter, Callable[[str], bool]]] = [
        (JsonFormatter("svc"), lambda text: json.loads(text)["exception"] == "KeyError"),
        (logging.Formatter("%(message)s"), lambda text: text.startswith("broken\nTraceback")),
    ]
    for formatter, is_right in handlers:
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter)
        listener = QueueListener(waiting, handler)
        listener.start()
        JsonQueueHandler(waiting).emit(record("broken", exc_info=failed()))
        listener.stop()
        assert is_right(stream.getvalue())
        stream.seek(0)
        stream.truncate()
