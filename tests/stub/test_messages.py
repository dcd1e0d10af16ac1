"""Levels arrive as they were sent."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelSource, LevelState
from corvo_agent.stub.messages import pack_level, unpack_level

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
