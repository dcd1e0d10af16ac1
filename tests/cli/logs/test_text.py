"""One log record as lines for people: what stands where, and that nothing in it looks like another line."""

from __future__ import annotations

import time

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.cli.logs.choices import ON_REQUEST
from corvo_agent.cli.logs.text import TextForm
from corvo_agent.logs.dialects.fields import TIME_KEYS
from corvo_agent.logs.lines.record import RecordBuilder

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


def text_of(name: str | None, record: dict[str, str], **form: object) -> str:
    return TextForm(**form).text(name, record)  # type: ignore[arg-type]


def line_text(line: str, **form: object) -> str:
    """A line of a file as it is shown."""
    (record,) = RecordBuilder("/var/log/x.log").build([line.encode()])
    return text_of(None, record, **form)


def test_time_level_message_and_fields_stand_in_this_order() -> None:
    assert text_of(None, RECORD) == (
        '2026-11-23T04:02:06.5Z ERROR request failed peer=10.0.0.1 why="timed out" empty=""'
    )


def test_the_name_of_the_module_stands_in_front() -> None:
    assert text_of("node1-pen-npm", {"msg": "x", "level": "info"}) == "node1-pen-npm INFO  x"


def test_a_line_that_is_no_json_is_shown_as_it_is() -> None:
    record = {"msg": "Traceback:", "level": "raw", "@timestamp": "2026-11-23T04:02:06.500Z"}
    assert text_of(None, record) == "2026-11-23T04:02:06.500Z RAW   Traceback:"


@pytest.mark.parametrize("key", TIME_KEYS)
def test_the_time_stands_in_front_whatever_its_key_is(key: str) -> None:
    assert text_of(None, {"level": "info", "msg": "m", key: TIME}) == f"{TIME} INFO  m"


def test_what_is_no_time_is_shown_as_a_field() -> None:
    assert text_of(None, {"level": "info", "msg": "m", "ts": "noon", "time": "3"}) == "INFO  m ts=noon time=3"


@pytest.mark.parametrize(("level", "code"), [("debug", "36"), ("INFO", "32"), ("warn", "33"), ("error", "31")])
def test_the_colour_tells_the_level(level: str, code: str) -> None:
    line = text_of(None, {"level": level, "msg": "m", "k": "v"}, colour=True)
    assert f"\x1b[{code}m" in line
    assert click.unstyle(line) == f"{level.upper():5} m k=v"


def test_a_stack_is_shown_below_indented() -> None:
    line = text_of(None, {"msg": "failed", "level": "error", "stack": "Traceback\n  File\nE: x\n"})
    assert line == "ERROR failed\n    Traceback\n      File\n    E: x"


@pytest.mark.parametrize("field", ["msg", "level", "ts", "stack", "other", "ke\x1by"])
def test_no_field_drives_the_terminal(field: str) -> None:
    record = {"msg": "m", "level": "info", field: "\x1b[2J\x9b31mred"}
    line = text_of("na\x1bme", record)
    assert "\x1b" not in line
    assert "\x9b" not in line


def test_a_level_that_is_no_word_and_another_key_of_the_message_are_told() -> None:
    record = {"level": "50", "message": "boom", "corvo.level": "error", "k": "v"}
    assert text_of(None, record) == "ERROR boom k=v"


FORGED = "user=bob\n2026-11-24T00:00:03Z ERROR root logged in"


@pytest.mark.parametrize(
    "field", ["msg", "message", "level", "ts", "time", "stack", "other", "corvo.level", "module", "a\nb"]
)
def test_a_newline_forges_no_line(field: str) -> None:
    record = {"msg": "m", "level": "info", "ts": TIME, field: FORGED, f"{FORGED} {field}": "v"}
    for name in (None, "n"):
        _, *others = text_of(name, record, shown=frozenset(ON_REQUEST)).split("\n")
        assert all(line.startswith("    ") for line in others)


@given(
    st.dictionaries(
        st.sampled_from(["msg", "level", "ts", "stack", "error", "caller", "k"]) | st.text(),
        st.text(alphabet=st.sampled_from('\n\r\x0b\x0c\x85\u2028\u2029 {}"=a2026-:TZ')),
    )
)
def test_only_the_first_line_begins_at_the_edge(record: dict[str, str]) -> None:
    others = text_of(None, record, shown=frozenset(ON_REQUEST)).splitlines()[1:]
    assert all(line.startswith("    ") for line in others)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"level":"error","ts":1795514400.124,"msg":"boom"}', "2026-11-24T10:00:00.124Z ERROR boom"),
        (
            '{"level":50,"time":1795514400124,"msg":"boom","pid":1,"hostname":"h"}',
            "2026-11-24T10:00:00.124Z ERROR boom hostname=h",
        ),
        (
            '{"severity":"ERROR","timestamp":"2026-11-24T10:00:00Z","message":"boom","n":1}',
            "2026-11-24T10:00:00Z ERROR boom n=1",
        ),
        (
            '{"@timestamp":"2026-11-24T10:00:00Z","log.level":"error","message":"boom"}',
            "2026-11-24T10:00:00Z ERROR boom",
        ),
        (
            '{"@timestamp":"2026-11-24T10:00:00Z","log":{"level":"ERROR","logger":"a"},"message":"boom"}',
            '2026-11-24T10:00:00Z ERROR boom log={"logger":"a"}',
        ),
        (
            '{"timestamp":"2026-11-24T10:00:00Z","level":"WARN","fields":{"message":"boom","n":1},"target":"app"}',
            '2026-11-24T10:00:00Z WARN  boom fields={"n":1} target=app',
        ),
        (
            '{"timestamp":"2026-11-24T10:00:00Z","level":"WARN","fields":{"message":"boom"}}',
            "2026-11-24T10:00:00Z WARN  boom",
        ),
        (
            '{"timeUnixNano":"1795514400000000000","severityNumber":17,"severityText":"ERROR","body":{"stringValue":"boom"}}',
            "2026-11-24T10:00:00.000Z ERROR boom",
        ),
        (
            '{"event":"boom","level":"critical","timestamp":"2026-11-24T10:00:00Z"}',
            "2026-11-24T10:00:00Z CRITICAL boom",
        ),
        (
            '{"@t":"2026-11-24T10:00:00Z","@mt":"boom {N}","@l":"Fatal","N":3}',
            "2026-11-24T10:00:00Z FATAL boom {N} N=3",
        ),
        ("level=error ts=2026-11-24T10:00:00Z msg=boom n=1", "2026-11-24T10:00:00Z ERROR boom n=1"),
    ],
)
def test_lines_of_every_dialect_read_alike(line: str, shown: str) -> None:
    assert line_text(line) == shown


@pytest.mark.parametrize(
    ("line", "below"),
    [
        ('{"level":"error","msg":"m","stacktrace":"main.f\\n\\tmain.go:7\\n"}', ["main.f", "\tmain.go:7"]),
        ('{"level":"error","message":"m","error":{"stack_trace":"E: x\\n  at f"}}', ["E: x", "  at f"]),
        ('{"level":50,"msg":"m","err":{"stack":"E: x\\n  at f","type":"E"}}', ["E: x", "  at f"]),
        ('{"level":"error","msg":"first\\nsecond","exc_info":"Traceback\\nE"}', ["second", "Traceback", "E"]),
    ],
)
def test_stack_traces_are_lines(line: str, below: list[str]) -> None:
    assert line_text(line).split("\n")[1:] == ["    " + text for text in below]


@pytest.mark.parametrize(
    ("line", "caller"),
    [
        ('{"level":"info","msg":"m","caller":"app/main.go:23"}', "app/main.go:23"),
        (
            '{"level":"info","msg":"m","source":{"function":"main.f","file":"/src/main.go","line":23}}',
            "/src/main.go:23",
        ),
        ('{"levelname":"INFO","message":"m","pathname":"/src/a.py","lineno":23}', "/src/a.py:23"),
        ('{"level":"info","message":"m","log.origin.file.name":"A.java","log.origin.file.line":23}', "A.java:23"),
        ('{"L":"INFO","T":"2026-11-24T10:00:00Z","C":"app/main.go:23","M":"m"}', "app/main.go:23"),
    ],
)
def test_where_in_the_code_is_told_when_it_is_asked_for(line: str, caller: str) -> None:
    assert "23" not in line_text(line)
    assert f" caller={caller}" in line_text(line, shown=frozenset({"caller"}))


def test_what_is_no_place_in_the_code_is_shown() -> None:
    assert line_text('{"level":"info","msg":"m","src":"10.0.0.1:443","file":"/data/x.csv"}').endswith(
        "src=10.0.0.1:443 file=/data/x.csv"
    )


def test_the_log_is_told_when_it_is_asked_for() -> None:
    line = '{"level":"info","msg":"m","module":"npm","pid":"9"}'
    assert line_text(line) == "INFO  m"
    assert line_text(line, shown=frozenset({"source"})) == "INFO  m source=/var/log/x.log"
    assert line_text(line, shown=frozenset({"file", "pid", "module"})) == "INFO  m file=x.log module=npm pid=9"


@pytest.mark.parametrize(
    ("level", "code"), [("fatal", "31"), ("CRITICAL", "31"), ("warning", "33"), ("E", "31"), ("SEVERE", "31")]
)
def test_levels_of_all_loggers_have_colours(level: str, code: str) -> None:
    assert f"\x1b[{code}m" in text_of(None, {"level": level, "msg": "m"}, colour=True)


def test_times_in_the_zone_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        assert text_of(None, {"ts": "2026-11-23T20:02:06.5Z"}, local=True) == "2026-11-24T01:47:06.5+05:45"
        assert text_of(None, {"ts": "1795514400"}, local=True) == "2026-11-24T15:45:00+05:45"
        assert text_of(None, {"ts": "noon", "msg": "m"}, local=True) == "m ts=noon"
    finally:
        monkeypatch.undo()
        time.tzset()
