"""Records of several modules in the order of their times."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.logs.dialects.fields import TIME_KEYS
from corvo_agent.logs.lines.merge import merge, merge_pages
from corvo_agent.timestamps import format_rfc3339


def line(ts: str, msg: str = "") -> dict[str, str]:
    return {"ts": ts, "msg": msg} if ts else {"msg": msg}


def test_times_are_compared_as_times_and_not_as_text() -> None:
    early, late = line("2026-11-23T04:02:06Z", "early"), line("2026-11-23T04:02:06.5Z", "late")
    zoned = line("2026-11-23T05:02:07+01:00", "last")
    found = [record["msg"] for _, record in merge({"a": [late], "b": [early], "c": [zoned]})]
    assert found == ["early", "late", "last"]


def test_a_line_without_a_time_stays_behind_the_one_before_it() -> None:
    first = [line("2026-11-23T04:00:01Z", "a1"), line("", "a1 stack"), line("2026-11-23T04:00:03Z", "a3")]
    second = [line("2026-11-23T04:00:02Z", "b2"), line("nonsense", "b2 stack")]
    found = [record["msg"] for _, record in merge({"a": first, "b": second})]
    assert found == ["a1", "a1 stack", "b2", "b2 stack", "a3"]


def test_the_contract_s_own_time_is_used_where_the_line_has_none() -> None:
    early = {"@timestamp": "2026-11-23T04:00:00.000Z", "msg": "early"}
    assert next(merge({"a": [line("2026-11-23T04:00:01Z")], "b": [early]})) == ("b", early)


def test_a_log_keeps_its_order_although_its_clock_was_put_back() -> None:
    late = [line("1970-01-01T00:00:09Z"), line("1970-01-01T00:00:01Z"), line("", "x")]
    other = [line("1970-01-01T00:00:05Z")]
    assert [record for _, record in merge({"a": late, "b": other})] == [other[0], *late]
    assert list(merge({})) == []


@pytest.mark.parametrize("key", TIME_KEYS)
def test_every_key_that_a_search_takes_for_a_time_counts(key: str) -> None:
    early, late = {key: "2026-11-23T04:00:00Z", "msg": "early"}, line("2026-11-23T04:00:01Z", "late")
    assert [record["msg"] for _, record in merge({"a": [late], "b": [early]})] == ["early", "late"]


TIMES = st.lists(st.one_of(st.just(""), st.integers(1, 50).map(lambda n: format_rfc3339(n * 10**9))), max_size=12)


@given(st.dictionaries(st.sampled_from("abcd"), TIMES))
def test_every_record_comes_once_and_each_module_keeps_its_order(times: dict[str, list[str]]) -> None:
    answers = {name: [line(each, str(i)) for i, each in enumerate(found)] for name, found in times.items()}
    merged = list(merge(answers))
    for name, records in answers.items():
        assert [record for who, record in merged if who == name] == records
    assert len(merged) == sum(map(len, answers.values()))


def test_the_newest_first_is_the_same_the_other_way_round() -> None:
    first = [line("2026-11-23T04:00:05Z", "a5"), line("2026-11-23T04:00:01Z", "a1")]
    second = [line("2026-11-23T04:00:03Z", "b3"), line("", "b"), line("2026-11-23T04:00:04Z", "b4")]
    found = [record["msg"] for _, record in merge({"a": first, "b": second}, descending=True)]
    assert found == ["a5", "b3", "b", "b4", "a1"]


async def pages_of(records: list[dict[str, str]], size: int) -> AsyncIterator[list[dict[str, str]]]:
    for start in range(0, len(records), size):
        yield records[start : start + size]
        yield []


@given(st.dictionaries(st.sampled_from("abcd"), TIMES), st.integers(1, 4), st.booleans())
def test_pages_are_merged_as_whole_logs_are(times: dict[str, list[str]], size: int, descending: bool) -> None:
    logs = {name: [line(each, str(i)) for i, each in enumerate(found)] for name, found in times.items()}

    async def merged() -> list[tuple[str, dict[str, str]]]:
        paged = {name: pages_of(records, size) for name, records in logs.items()}
        return [each async for told in merge_pages(paged, descending=descending) for each in told]

    assert asyncio.run(merged()) == list(merge(logs, descending=descending))
