"""Log records printed: as text, as JSON with the values of their lines, and as the lines that they were."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.cli.logs.lines import Line, as_json
from corvo_agent.logs.lines.marker import raw_fields, raw_line, with_own_moved
from corvo_agent.logs.lines.record import RecordBuilder

MARKER = {"level": "marker", "msg": "left out", "corvo.gap": "level"}


BUILDER = RecordBuilder("/a.log")


def raw_record(line: bytes) -> dict[str, str]:
    """The record of ``line`` as an agent sends it that was asked for raw lines."""
    (record,) = BUILDER.build([line])
    return record | raw_fields(line)


@pytest.mark.parametrize("output", ["text", "json", "yaml", "raw"])
def test_remarks_do_not_stand_between_the_lines(output: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = Line(output, named=False)
    line.show_all("a", [{"level": "info", "msg": "m", "corvo.raw": "m"}, MARKER])
    printed = capsys.readouterr()
    assert printed.err == "MARKER left out corvo.gap=level\n"
    assert "left out" not in printed.out
    assert "m" in printed.out


def test_json_has_the_name_when_several_modules_are_shown_and_no_record_has_another_one() -> None:
    record = {"msg": "m", "corvo.module": "other"}
    assert as_json("n1", record) == '{"corvo.module":"n1","msg":"m"}'
    assert json.loads(as_json(None, {"a": "1"})) == {"a": "1"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            b'{"level":"info","n":7,"t":"7","f":1.50,"b":true,"z":null}',
            {"n": 7, "t": "7", "f": 1.5, "b": True, "z": None},
        ),
        (b'{"level":30,"o":{"a":[1,{"b":"\xc3\xbc"}]}}', {"level": 30, "o": {"a": [1, {"b": "\u00fc"}]}}),
        (b'{"n":18446744073709551617,"m":-0}', {"n": 18446744073709551617, "m": 0}),
        (b'{"n":NaN}', {"n": "NaN"}),
        (b'2026-11-24T10:00:00.000000000Z stderr F {"n":7}', {"n": 7, "stream": "stderr"}),
        (b'{"n":7,"corvo.module":8}', {"n": 7, "line.corvo.module": 8}),
        (b"level=info n=7", {"n": "7"}),
        (b"text", {"msg": "text", "level": "raw"}),
    ],
)
def test_json_has_numbers_and_objects_where_the_line_has_them(line: bytes, expected: dict[str, object]) -> None:
    shown = json.loads(as_json(None, raw_record(line)))
    assert {key: shown[key] for key in expected} == expected
    assert not any(key.startswith("corvo.raw") for key in shown)
    strings = json.loads(as_json(None, raw_record(line), strings=True))
    assert all(type(value) is str for value in strings.values())


def test_a_number_has_its_digits() -> None:
    assert '"n":123456789012345678901234567890' in as_json(None, raw_record(b'{"n":123456789012345678901234567890}'))
    assert '"n":-0' in as_json(None, raw_record(b'{"n":-0}'))


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists)))
def test_json_is_the_line_with_what_was_added(value: dict[str, object]) -> None:
    line = json.dumps({**value, "level": "info"}, ensure_ascii=False).encode("utf-8", "replace")
    shown = json.loads(as_json(None, raw_record(line)))
    for key, item in with_own_moved(json.loads(line)).items():
        assert shown[key] == item


@pytest.mark.parametrize(
    "unit", [b"plain", b'{"a":"\xff\xfe"}', b"tab\tand \x1b[31mcolour", "\u00fc\u2028".encode(), b"a\n  b"]
)
def test_raw_is_the_line_as_it_is_in_the_file(unit: bytes, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    record = raw_record(unit)
    assert raw_line(record) == unit
    orjson.dumps(record)  # it can be sent
    Line("raw", named=True).show_all("a", [record])
    assert capfdbinary.readouterr().out == unit + b"\n"


def test_an_agent_that_has_no_raw_lines_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    Line("raw", named=False).show_all("a", [{"msg": "x"}, {"msg": "y"}])
    printed = capsys.readouterr()
    assert printed.out == '{"msg":"x"}\n{"msg":"y"}\n'
    assert printed.err.count("does not tell lines") == 1


def test_what_is_printed_decides_what_is_asked_for() -> None:
    assert [Line(each, named=False).parameters for each in ("text", "json")] == [{}, {"raw": "yes"}]
    assert Line("json", named=False, strings=True).parameters == {}
    assert Line("raw", named=False, strings=True).parameters == {"raw": "yes"}
