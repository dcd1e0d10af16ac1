"""Levels and errors arrive as they were sent."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import CorvoError, InvalidArgument, InvalidQuery, NotFound, RemoteError, ValidationFailed
from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelSource, LevelState
from corvo_agent.stub.messages import pack_error, pack_level, unpack_error, unpack_level

LEVELS = st.sampled_from(Level)
STATES = st.builds(
    LevelState,
    level=st.none() | LEVELS,
    source=st.sampled_from(LevelSource),
    until=st.integers(0, 2**63),
    by=st.text(),
    reason=st.text(),
    loggers=st.dictionaries(st.text(), LEVELS, max_size=3),
    enable_trace=st.booleans(),
    then=st.none() | st.builds(LevelState, level=st.none() | LEVELS, loggers=st.dictionaries(st.text(), LEVELS)),
    scope=st.just("all") | st.lists(st.text(), min_size=1).map(tuple),
    logger_ends=st.dictionaries(st.text(), st.integers(1, 2**63), max_size=3),
)


@given(STATES)
def test_a_level_arrives_as_it_was_sent(state: LevelState) -> None:
    assert unpack_level(json.loads(json.dumps(pack_level(state)))) == state


@pytest.mark.parametrize(
    "error",
    [
        InvalidArgument("worker", "7", "which one?", ("1", "2")),
        InvalidQuery("unknown query: x"),
        NotFound("process", "shop"),
        ValidationFailed("module", ("one", "two")),
        CorvoError("not today"),
    ],
)
def test_an_error_of_ours_is_the_same_error_there(error: CorvoError) -> None:
    told = unpack_error(json.loads(json.dumps(pack_error(error))), "worker 1")
    assert (type(told), str(told), told.exit_code) == (type(error), str(error), error.exit_code)


def test_another_error_is_told_by_its_text() -> None:
    told = unpack_error(pack_error(KeyError("shop")), "worker 1")
    assert isinstance(told, RemoteError)
    assert str(told) == "worker 1 answered INTERNAL: KeyError: 'shop'"
