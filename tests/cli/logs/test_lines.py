"""One log record as one line, for people and for programs."""

from __future__ import annotations

import json

import click
import pytest

from corvo_agent.cli.logs.lines import Line, as_json, as_text
from corvo_agent.logs.dialects.fields import TIME_KEYS

TIME = "2026-11-23T04:02:06Z"
RECORD = {
    "ts": "2026-11-23T04:02:06.5Z",
    "@timestamp": "2026-11-23T04:02:06.500Z",
    "level": "error",
    "module": "pen-npm",
    "caller": "a.py:7",
    "pid": "9",
    "msg": "request failed",
    "source": "/var/log/x.log",
    "peer": "10.0.0.1",
    "why": "timed out",
    "empty": "",
}


def test_time_level_message_and_fields_stand_in_this_order() -> None:
    assert as_text(None, RECORD, colour=False) == (
        '2026-11-23T04:02:06.5Z ERROR request failed peer=10.0.0.1 why="timed out" empty=""'
    )


def test_the_name_of_the_module_stands_in_front() -> None:
    assert as_text("node1-pen-npm", {"msg": "x", "level": "info"}, colour=False) == "node1-pen-npm INFO  x"


def test_a_line_that_is_no_json_is_shown_as_it_is() -> None:
    record = {"msg": "Traceback:", "level": "raw", "@timestamp": "2026-11-23T04:02:06.500Z"}
    assert as_text(None, record, colour=False) == "2026-11-23T04:02:06.500Z RAW   Traceback:"


@pytest.mark.parametrize("key", TIME_KEYS)
def test_the_time_stands_in_front_whatever_its_key_is(key: str) -> None:
    assert as_text(None, {"level": "info", "msg": "m", key: TIME}, colour=False) == f"{TIME} INFO  m"


def test_what_is_no_time_is_shown_as_a_field() -> None:
    assert (
        as_text(None, {"level": "info", "msg": "m", "ts": "noon", "time": "3"}, colour=False)
        == "INFO  m ts=noon time=3"
    )


@pytest.mark.parametrize(("level", "code"), [("debug", "36"), ("INFO", "32"), ("warn", "33"), ("error", "31")])
def test_the_colour_tells_the_level(level: str, code: str) -> None:
    line = as_text(None, {"level": level, "msg": "m", "k": "v"}, colour=True)
    assert f"\x1b[{code}m" in line
    assert click.unstyle(line) == f"{level.upper():5} m k=v"


def test_a_stack_is_shown_below_indented() -> None:
    line = as_text(None, {"msg": "failed", "level": "error", "stack": "Traceback\n  File\nE: x\n"}, colour=False)
    assert line == "ERROR failed\n    Traceback\n      File\n    E: x"


@pytest.mark.parametrize("field", ["msg", "level", "ts", "stack", "other", "ke\x1by"])
def test_no_field_drives_the_terminal(field: str) -> None:
    record = {"msg": "m", "level": "info", field: "\x1b[2J\x9b31mred"}
    line = as_text("na\x1bme", record, colour=False)
    assert "\x1b" not in line
    assert "\x9b" not in line


def test_json_has_the_name_when_several_modules_are_shown() -> None:
    assert json.loads(as_json(None, RECORD)) == RECORD
    assert json.loads(as_json("n1", RECORD)) == {"corvo.module": "n1", **RECORD}


def test_a_level_that_is_no_word_and_another_key_of_the_message_are_told() -> None:
    record = {"level": "50", "message": "boom", "corvo.level": "error", "k": "v"}
    assert as_text(None, record, colour=False) == "ERROR boom k=v"


def test_remarks_do_not_stand_between_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    line = Line("text", named=False, colour=False)
    line.show_all("a", [{"level": "info", "msg": "m"}, {"level": "marker", "msg": "left out", "corvo.gap": "level"}])
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("INFO  m\n", "MARKER left out corvo.gap=level\n")
