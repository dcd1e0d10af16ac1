"""Every line of a file becomes a flat record of valid text, whatever it holds."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.logs.dialects.dialect import find_dialect
from corvo_agent.logs.dialects.line_reader import LineReader
from corvo_agent.logs.lines.marker import CUT, LEVEL, MARKER, NUL, is_marker, with_own_moved
from corvo_agent.logs.lines.record import Record, RecordBuilder


def build_records(units: list[bytes], source: str) -> list[Record]:
    return RecordBuilder(source).build(units)


def build_block(block: bytes, count: int, source: str) -> list[Record] | None:
    return RecordBuilder(source).build_block(block, count)


def cut_record(data: bytes, length: int, source: str) -> Record:
    return RecordBuilder(source).build_cut(data, length, 0)


SOURCE = "/var/log/pensando/pen-spyglass.log"


def one(line: bytes) -> dict[str, str]:
    (record,) = build_records([line], SOURCE)
    return record


def test_the_line_of_the_contract() -> None:
    line = '{"level":"audit","ts":"2019-05-10T16:26:07.675716955Z","module":"pen-spyglass","duration":"52.865µs"}'
    assert one(line.encode()) == {
        "level": "audit",
        "ts": "2019-05-10T16:26:07.675716955Z",
        "module": "pen-spyglass",
        "duration": "52.865µs",
        "source": SOURCE,
        "@timestamp": "2019-05-10T16:26:07.675Z",
    }


def test_values_that_are_not_text_become_compact_json() -> None:
    record = one(b'{"a": 1, "b": 1.5, "c": true, "d": null, "e": [1, "x"], "f": {"g": 2}, "h": "t"}')
    del record["source"]
    assert record == {"a": "1", "b": "1.5", "c": "true", "d": "null", "e": '[1,"x"]', "f": '{"g":2}', "h": "t"}


@pytest.mark.parametrize(
    "line",
    [b"", b"plain text", b"[1]", b"null", b"7", b'"text"', b"{", b'{"a":1', b'{"a":1}{"b":2}'],
)
def test_what_is_no_object_is_raw(line: bytes) -> None:
    assert one(line) == {"msg": line.decode(), "level": "raw", "source": SOURCE}


def test_invalid_utf8_is_replaced() -> None:
    assert one(b"a\xff\xfeb")["msg"] == "a\ufffd\ufffdb"
    assert one(b'{"msg":"\xff"}') == {"msg": "\ufffd", "source": SOURCE}


def test_nuls_before_a_line_are_counted_and_left_out() -> None:
    record = one(b"\0\0\0" + b'{"msg":"after copytruncate"}')
    assert (record["msg"], record[NUL]) == ("after copytruncate", "3")


def test_a_carriage_return_belongs_to_the_line_end() -> None:
    assert one(b'{"msg":"x"}\r')["msg"] == "x"
    assert one(b"text\r")["msg"] == "text"


def test_what_the_line_says_itself_stays() -> None:
    record = one(b'{"ts":"2019-05-10T16:26:07Z","source":"elsewhere","@timestamp":"then"}')
    assert (record["source"], record["@timestamp"]) == ("elsewhere", "then")


@pytest.mark.parametrize(
    ("ts", "stamp"),
    [
        ("2019-05-10T16:26:07Z", "2019-05-10T16:26:07.000Z"),
        ("2019-05-10T16:26:07.1Z", "2019-05-10T16:26:07.100Z"),
        ("2019-05-10T18:26:07.123456+02:00", "2019-05-10T16:26:07.123Z"),
        ("2019-05-10", None),
        ("2019-13-10T16:26:07.123Z", None),
        ("", None),
        ("2019-05-10T16:26:07.12x4Z", None),
        ("2019-05-10T16:26:59.98765Z", "2019-05-10T16:26:59.987Z"),
        ("2019-05-10T16:26:60.98765Z", "2019-05-10T16:27:00.987Z"),
        ("2019-05-10T16:26:61.98765Z", None),
        ("2019-05-10T16:26:5x.98765Z", None),
        ("2019-05-10T16:26:59x98765Z", None),
        ("2019-05-10T16:26:59.98765z", "2019-05-10T16:26:59.987Z"),
    ],
)
def test_timestamp_in_milliseconds(ts: str, stamp: str | None) -> None:
    before = {"ts": "2019-05-10T16:26:07.999999Z"}
    lines = [orjson.dumps(value) for value in (before, {"ts": ts}, before)]
    first, middle, last = build_records(lines, SOURCE)
    assert middle.get("@timestamp") == stamp
    assert first["@timestamp"] == last["@timestamp"] == "2019-05-10T16:26:07.999Z"


def test_no_line_can_pass_for_a_marker() -> None:
    forged = b'{"level":"marker","corvo.truncated":"size"}'
    for lines in ([forged], [b'{"level":"info"}', forged], [b'{"n":1}', forged]):
        assert not any(is_marker(record) for record in build_records(lines, SOURCE))
    assert one(forged)["msg"] == forged.decode()


@pytest.mark.parametrize(
    "key", ["corvo.cursor", "corvo.module", "corvo.gap", "corvo.raw", "corvo.unfinished", "corvo.x"]
)
@pytest.mark.parametrize("form", ['{"level":"info","%s":"zzz"}', '{"level":50,"%s":"zzz"}', "level=info %s=zzz"])
def test_no_line_can_say_what_only_the_engine_says(key: str, form: str) -> None:
    unit = (form % key).encode()
    escaped = unit.replace(b"corvo", rb"\u0063orvo") if form.startswith("{") else unit
    for lines in ([unit], [b'{"level":"info"}', unit], [escaped], [unit + b"\n  below"]):
        record = build_records(lines, SOURCE)[-1]
        assert key not in record
        assert record[f"line.{key}"].startswith("zzz")
    if form.startswith("{"):
        block = build_block(b'{"level":"info"}\n' + unit + b"\n", 2, SOURCE)
        assert block is None or key not in block[1]
        assert key not in cut_record(unit[:-1] + b',"more":"x', 5000, SOURCE)


def test_the_level_that_is_shown_is_the_one_that_is_searched() -> None:
    reader = LineReader(find_dialect([b'{"@timestamp":"2026-11-24T10:00:00Z","log.level":"error","message":"m"}'] * 3))
    (record,) = RecordBuilder(SOURCE, reader).build([b'{"@timestamp":"x","log.level":"error","level":"info"}'])
    assert (record["level"], record["corvo.level"]) == ("info", "error")


def test_a_value_nested_too_deeply_is_raw() -> None:
    line = b'{"a":' + b"[" * 900 + b"]" * 900 + b"}"
    assert one(line)["level"] == "raw"


def test_a_cut_line_has_the_fields_of_its_beginning_and_tells_its_length() -> None:
    assert cut_record(b'{"level":"error","msg":"lo', 5000, SOURCE) == {
        "level": "error",
        "msg": "lo",
        "source": SOURCE,
        CUT: "5000",
    }
    assert cut_record(b"te", 5000, SOURCE) == {"msg": "te", "level": "raw", "source": SOURCE, CUT: "5000"}
    assert cut_record(b'{"level":"marker","a":1,', 5000, SOURCE)["level"] == "raw"


def test_levels_and_times_that_are_no_words_and_no_dates_are_told() -> None:
    record = one(b'{"level":50,"time":1795514400123,"msg":"x"}')
    assert (record["level"], record[LEVEL], record["@timestamp"]) == ("50", "error", "2026-11-24T10:00:00.123Z")
    record = one(b'{"severity":"ALERT","message":"x"}')
    assert (record["level"], record["severity"]) == ("fatal", "ALERT")


def test_numbers_keep_their_digits() -> None:
    for line in (b'{"level":"info","a":123456789012345678901,"b":[-0]}', b'{"a":123456789012345678901,"b":[-0]}'):
        assert (one(line)["a"], one(line)["b"]) == ("123456789012345678901", "[-0]")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
objects = st.dictionaries(st.sampled_from(["level", "ts", "msg", "source"]) | st.text(), st.text() | json_values)
line_bytes = st.binary(max_size=60) | objects.map(lambda value: json.dumps(value).encode())


@settings(max_examples=150, deadline=None)
@given(st.lists(line_bytes, max_size=8))
def test_records_are_valid_text_and_do_not_depend_on_their_neighbours(lines: list[bytes]) -> None:
    records = build_records(lines, SOURCE)
    assert records == [one(line) for line in lines]
    for record in records:
        assert record.get("level") != MARKER
        for key, value in record.items():
            assert type(value) is str
            (key + value).encode()


@pytest.mark.parametrize(
    "lines",
    [
        [b""],
        [b'{"a":1},{"b":2}'],
        [b'{"a":[{"b":1}', b'{"c":1}]}', b'{"x":1},{"y":1}'],
        [b'{"a":[1', b"2]}"],
        [b'{"a":1}', b"", b'{"a":2}'],
        [b'{"a":1}', b"[2]"],
        [b'{"level":"marker"}'],
        [b'{"a":' + b"[" * 900 + b"]" * 900 + b"}"],
    ],
)
def test_a_block_with_any_other_line_is_left_to_a_closer_look(lines: list[bytes]) -> None:
    assert build_block(b"".join(line + b"\n" for line in lines), len(lines), SOURCE) is None


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        line_bytes.filter(lambda line: b"\n" not in line) | st.just(b'{"ts":"2019-05-10T16:26:07.5Z"}'), min_size=1
    )
)
def test_a_block_gives_what_its_lines_give(lines: list[bytes]) -> None:
    records = build_block(b"".join(line + b"\n" for line in lines), len(lines), SOURCE)
    assert records in (None, build_records(lines, SOURCE))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(), json_values, max_size=6))
def test_every_value_survives(value: dict[str, object]) -> None:
    record = one(orjson.dumps({**value, "level": "info"}))
    for key, item in with_own_moved(value).items():
        if key != "level":
            assert record[key] == item if isinstance(item, str) else orjson.loads(record[key]) == item
