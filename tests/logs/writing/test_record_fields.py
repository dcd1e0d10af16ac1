"""The formatter as ``logging.config`` makes it, and what a line can be asked to say besides."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import json
import logging
import logging.config
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corvo_agent.levels.level import Level
from corvo_agent.logs import LogQuery, LogReader
from corvo_agent.logs.writing.formatter import JsonFormatter
from tests.levels.kit import untouched_levels
from tests.world.machine import needs

from .test_formatter import line, record
from .test_queue_handler import queued


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    with untouched_levels():
        yield


def _configured(tmp_path: Path, formatter: dict[str, Any]) -> dict[str, Any]:
    """The line that a logger writes whose handler has ``formatter`` by dictConfig."""
    path = tmp_path / "shop.log"
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": formatter},
            "handlers": {"file": {"class": "logging.FileHandler", "filename": str(path), "formatter": "json"}},
            "loggers": {"shop.cart": {"handlers": ["file"], "level": "INFO", "propagate": False}},
        }
    )
    logger = logging.getLogger("shop.cart")
    logger.info("paid %d", 3, extra={"price": decimal.Decimal("1.50")})
    (handler,) = logger.handlers
    logger.removeHandler(handler)
    handler.close()
    return dict(json.loads(path.read_text()))


def as_dollars(value: object) -> object:
    """A hook as an application has one."""
    if isinstance(value, decimal.Decimal):
        return {"dollars": float(value)}
    raise TypeError


@pytest.mark.parametrize(
    ("formatter", "expected"),
    [
        ({"()": "corvo_agent.logs.JsonFormatter", "module": "shop"}, {"module": "shop", "price": "1.50"}),
        ({"class": "corvo_agent.JsonFormatter", "format": "shop"}, {"module": "shop", "msg": "paid 3"}),
        (
            {"class": "corvo_agent.JsonFormatter", "format": "shop %(threadName)s %(message)s"},
            {"module": "shop", "threadName": threading.current_thread().name},
        ),
        (
            {"class": "corvo_agent.JsonFormatter", "format": "{asctime} {levelname}: {funcName}", "style": "{"},
            {"module": "", "level": "info", "funcName": "_configured"},
        ),
        ({"class": "corvo_agent.JsonFormatter", "datefmt": "%Y!"}, {"ts": f"{datetime.datetime.now().year}!"}),
        (
            {
                "()": "corvo_agent.JsonFormatter",
                "module": "shop",
                "fields": ["funcName", "processName"],
                "rename": {"msg": "message", "level": "severity"},
                "static": {"region": "eu", "price": "never"},
                "default": f"ext://{__name__}.as_dollars",
                "time": "ext://builtins.int",
            },
            {
                "message": "paid 3",
                "severity": "info",
                "funcName": "_configured",
                "region": "eu",
                "price": {"dollars": 1.5},
            },
        ),
    ],
)
def test_a_dictionary_configures_it(tmp_path: Path, formatter: dict[str, Any], expected: dict[str, Any]) -> None:
    got = _configured(tmp_path, formatter)
    assert {key: got.get(key) for key in expected} == expected
    if "time" in formatter:
        assert type(got["ts"]) is int
        assert not {"msg", "level"} & set(got)


def test_a_file_configures_it(tmp_path: Path) -> None:
    log, config = tmp_path / "shop.log", tmp_path / "logging.ini"
    config.write_text(
        "[loggers]\nkeys=root,shop\n[handlers]\nkeys=file\n[formatters]\nkeys=json\n"
        "[logger_root]\nhandlers=\n[logger_shop]\nhandlers=file\nlevel=INFO\nqualname=shop.file\npropagate=0\n"
        f"[handler_file]\nclass=FileHandler\nargs=({str(log)!r},)\nformatter=json\n"
        "[formatter_json]\nclass=corvo_agent.JsonFormatter\nformat=pen-npm %(funcName)s\n"
    )
    logging.config.fileConfig(config, disable_existing_loggers=False)
    logger = logging.getLogger("shop.file")
    logger.warning("low")
    (handler,) = logger.handlers
    logger.removeHandler(handler)
    handler.close()
    got = json.loads(log.read_text())
    assert (got["module"], got["level"], got["msg"]) == ("pen-npm", "warn", "low")
    assert got["funcName"] == "test_a_file_configures_it"


def test_an_unknown_field_and_style_are_refused() -> None:
    with pytest.raises(ValueError, match=r"no field of a log record: colour .*threadName"):
        JsonFormatter("svc", fields=["threadName", "colour"])
    with pytest.raises(ValueError, match="style '#'"):
        JsonFormatter("svc", style="#")


def test_fields_that_a_record_lacks_are_left_out_and_others_keep_their_type() -> None:
    got = line(record(thread=7, taskName=None, processName=None), fields=["thread", "taskName", "processName"])
    assert got["thread"] == 7
    assert not {"taskName", "processName"} & set(got)


def test_a_line_names_the_task_in_which_it_was_made() -> None:
    async def inside() -> dict[str, Any]:
        made = record()
        if hasattr(made, "taskName"):
            made.taskName = "checkout"
        return line(made, fields=["taskName"])

    async def run() -> dict[str, Any]:
        return await asyncio.create_task(inside(), name="checkout")

    assert asyncio.run(run())["taskName"] == "checkout"


def test_what_hooks_raise_costs_no_line() -> None:
    def fails(*_: object) -> object:
        raise RuntimeError("hook")

    got = line(record(a=object(), created=0.0), time=fails, default=fails)
    assert got["ts"] == "1970-01-01T00:00:00Z"
    assert got["format_error"] == "RuntimeError: hook"
    assert got["a"] == "<object: RuntimeError when read>"
    # What refuses is no hook for this value; what gives the same back refuses, too.
    assert line(record(a={1}), default=as_dollars)["a"] == [1]
    assert line(record(a={1}), default=lambda value: value)["a"] == [1]
    endless = line(record(a={1}), default=lambda value: {2, *value})
    assert "too deep" in endless["a"]


def test_keys_that_meet_stay_apart() -> None:
    got = line(record(message_id=1, severity="mine"), rename={"level": "severity", "msg": "text"})
    assert (got["severity"], got["severity_"], got["text"]) == ("info", "mine", "m")
    got = line(record(), static={"region": "eu", "level": "never"})
    assert (got["level"], got["region"]) == ("info", "eu")


def test_a_line_that_is_too_long_keeps_what_was_renamed() -> None:
    many: dict[str, Any] = {f"f{number}": "x" * 100 for number in range(50)}
    got = line(record(**many), rename={"msg": "message"}, max_line=1024)
    assert got["message"] == "m"
    assert got["dropped_fields"].startswith("f7 ")


@pytest.mark.parametrize(
    "rename", [{"msg": "message", "level": "severity", "ts": "@timestamp"}, {"level": "levelname"}]
)
async def test_renamed_lines_are_read_with_their_level(rename: dict[str, str], tmp_path: Path) -> None:
    path, formatter = tmp_path / "app.log", JsonFormatter("svc", rename=rename)
    path.write_text("".join(formatter.format(record(str(level), level=level)) + "\n" for level in (10, 20, 40)))
    async with LogReader(str(path)) as reader:
        found = await reader.read(LogQuery(level=Level.ERROR))
    assert [one[rename.get("msg", "msg")] for one in found.records] == ["40"]
    assert found.remarks == []


@pytest.mark.parametrize("value", [1e300, 2**63, -(2**63), 0.1, 7, True])
def test_numbers_keep_their_type_beside_what_cannot_be_written(value: object) -> None:
    got = line(record(f=value, s="\udc80", big=2**70, deep={"n": value}))
    assert got["f"] == got["deep"]["n"] == value
    assert type(got["f"]) is type(got["deep"]["n"]) is type(value)


@needs("opentelemetry")
def test_a_line_names_the_trace_that_is_active() -> None:
    from opentelemetry import trace

    context = trace.SpanContext(0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7, is_remote=False)
    assert "trace_id" not in line(record())
    with trace.use_span(trace.NonRecordingSpan(context)):
        got, own, handed_over = line(record()), line(record(trace_id="mine")), queued(record())
    assert (got["trace_id"], got["span_id"]) == ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
    assert own["trace_id"] == "mine"
    # Written elsewhere and later, it is still of the trace in which it was logged.
    assert line(handed_over)["trace_id"] == got["trace_id"]
