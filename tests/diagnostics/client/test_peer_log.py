"""What a peer is asked for that knows few parameters, and what is made of its answer."""

from __future__ import annotations

import pytest

from corvo_agent.diagnostics.client.peer_log import MOST, PeerLog
from corvo_agent.errors import InvalidArgument

NOW = 1_795_608_000_000_000_000  # 2026-11-25T12:00:00Z
RECORDS = [
    {"level": ("info", "error", "audit")[number % 3], "msg": f"m{number}", "ts": f"2026-11-25T11:59:{number:02}Z"}
    for number in range(9)
]


def made(**parameters: str) -> PeerLog:
    return PeerLog({name.replace("_", "-"): value for name, value in parameters.items()}, "h:1", now=NOW)


def texts(log: PeerLog) -> list[str]:
    return [record["msg"] for record in log.answer(RECORDS)]


def test_what_it_knows_is_left_to_it() -> None:
    log = made(lines="5", day="2026-11-25", **{"from": "3"}, odd="x")
    assert not log.filters
    assert log.parameters == {"lines": "5", "day": "2026-11-25", "from": "3", "odd": "x"}


def test_it_is_asked_for_all_that_it_gives_where_lines_are_left_out_here() -> None:
    log = made(lines="5", level="error", cursor="")
    assert log.filters
    assert log.parameters == {"lines": str(MOST), "max-results": str(MOST)}
    assert log.lines == 5


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"level": "error"}, ["m1", "m2", "m4", "m5", "m7", "m8"]),
        ({"level": "error", "audit": "no"}, ["m1", "m4", "m7"]),
        ({"level": "error", "audit": "no", "lines": "2"}, ["m4", "m7"]),
        ({"audit": "only", "lines": "0"}, []),
        ({"since": "57s"}, ["m3", "m4", "m5", "m6", "m7", "m8"]),
        ({"until": "2026-11-25T11:59:01Z"}, ["m0"]),
        ({"grep": "m[12]$"}, ["m1", "m2"]),
        ({"fixed": "m3"}, ["m3"]),
        ({"order": "desc", "lines": "3"}, ["m8", "m7", "m6"]),
        ({"order": "desc", "lines": "2", "from": "1"}, ["m7", "m6"]),
        ({"audit": "no", "lines": "2", "from": "1"}, ["m1", "m3"]),
    ],
)
def test_what_it_does_not_know_is_done_here(parameters: dict[str, str], expected: list[str]) -> None:
    assert texts(made(**parameters)) == expected


def test_columns() -> None:
    assert made(columns="msg,no", fixed="m3").answer(RECORDS) == [{"msg": "m3"}]


def test_an_answer_that_ends_at_its_bound_says_so() -> None:
    *found, remark = made(level="error", lines="1").answer([{"level": "info", "msg": "x"}] * MOST)
    assert found == []
    assert (remark["corvo.gap"], remark["source"]) == ("peer", "h:1")


@pytest.mark.parametrize("parameters", [{"level": "loud"}, {"lines": "x"}, {"since": "x"}, {"grep": "("}])
def test_a_bad_value_is_refused(parameters: dict[str, str]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(parameters))):
        made(**parameters)
