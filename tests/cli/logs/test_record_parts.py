"""What of a record is its time, its message, and so on; all of it is somewhere."""

from __future__ import annotations

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from corvo_agent.cli.logs.record_parts import RecordParts
from corvo_agent.logs.dialects.fields import LEVEL_KEYS, TIME_KEYS, Field, keys_of
from corvo_agent.logs.lines.marker import LEVEL
from corvo_agent.logs.lines.record import RecordBuilder

KEYS = (*(key for key, _ in LEVEL_KEYS), *TIME_KEYS, *(key for field in Field for key in keys_of(field)))
BUILDER = RecordBuilder("/a.log")
VALUES = st.sampled_from(["error", "2026-11-24T10:00:00Z", "a.go:7", "one\ntwo", "", "x"]) | st.integers(0, 50)


def test_the_parts() -> None:
    (record,) = BUILDER.build(
        [b'{"t":{"$date":"2026-11-24T10:00:00Z"},"s":"E","c":"NETWORK","msg":"boom","attr":{"n":1},"id":7}']
    )
    parts = RecordParts.of(record)
    assert (parts.time, parts.message, parts.stacks) == ("2026-11-24T10:00:00.000Z", "boom", [])
    assert parts.moment == 1_795_514_400 * 10**9
    assert parts.fields == {"c": "NETWORK", "attr": '{"n":1}', "id": "7"}


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), VALUES, max_size=8))
@example({"level": "a.go:7"})
@example({"level": "a.go:7", "severity": "error"})
def test_every_value_is_in_some_part_or_says_the_level_or_the_time_once_more(line: dict[str, object]) -> None:
    (record,) = BUILDER.build([json.dumps(line).encode()])
    parts = RecordParts.of(record)
    # The level stands before them all, as the record has it, whatever its word is.
    level = record.get(LEVEL) or record.get("level", "")
    told = " ".join(
        [parts.time, level, parts.message, *parts.stacks, *parts.on_request.values(), *parts.fields.values()]
    )
    for value in line.values():
        if value not in ("error", "2026-11-24T10:00:00Z", "") and type(value) is str:
            assert value in told
