"""What an agent announces beside its Module, and the one key where it lies."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError, InvalidArgument
from corvo_agent.modules.announcing.endpoint import (
    AppliedLevel,
    Endpoint,
    decode_endpoint,
    encode_endpoint,
    endpoint_key,
    endpoint_name,
    find_endpoint,
)
from corvo_agent.modules.kv import KeyValue
from corvo_agent.modules.memory import MemoryStore

NAME = "node1-pen-npm"
KEY = "/corvo/v1/modules/node1-pen-npm/endpoint"


def test_it_says_where_the_agent_answers_and_what_it_is() -> None:
    endpoint = Endpoint("10.0.0.1:9", 11, 1_000_000_000, "1.0", "pen-npm", "node1", "5e2f", "4026531833")
    assert json.loads(encode_endpoint(endpoint)) == {
        "address": "10.0.0.1:9",
        "pid": 11,
        "host": "node1",
        "boot-id": "5e2f",
        "network-namespace": "4026531833",
        "started": "1970-01-01T00:00:01Z",
        "version": "1.0",
        "module": "pen-npm",
    }


def test_it_says_which_level_is_in_force_or_what_keeps_another_from_being_so() -> None:
    level = AppliedLevel("Info", "log-level", 10**9, wanted="Debug", fault="zap: connection refused")
    assert json.loads(encode_endpoint(Endpoint("10.0.0.1:9", level=level)))["level"] == {
        "level": "Info",
        "source": "log-level",
        "since": "1970-01-01T00:00:01Z",
        "wanted": "Debug",
        "fault": "zap: connection refused",
    }
    assert json.loads(encode_endpoint(Endpoint("10.0.0.1:9", level=AppliedLevel(only_shown=True))))["level"] == {
        "level": "",
        "only-shown": True,
    }


LEVELS = st.builds(AppliedLevel, st.text(), st.text(), st.integers(0, 2**62), *[st.text()] * 4, st.booleans())


@given(
    st.builds(
        Endpoint,
        st.text(min_size=1),
        st.integers(-(2**31), 2**31 - 1),
        st.integers(0, 2**62),
        *[st.text()] * 5,
        st.none() | LEVELS,
    )
)
def test_what_is_written_is_read(endpoint: Endpoint) -> None:
    assert decode_endpoint(KeyValue(KEY, encode_endpoint(endpoint), 1, 1)) == endpoint


def test_each_module_has_one_key_beside_what_else_is_ours() -> None:
    assert endpoint_key(NAME) == KEY
    assert endpoint_name(KEY) == NAME
    for other in ("node1-pen-npm/controls/1", "node1-pen-npm/workers/endpoint", "endpoint", "node1-pen-npm/endpoint/1"):
        assert endpoint_name(f"/corvo/v1/modules/{other}") is None


@pytest.mark.parametrize("value", [b"", b"[]", b"{}", b'{"address":7}', b'{"address":"a","pid":"x"}', b"\xff"])
async def test_a_bad_value_is_a_decode_error(value: bytes) -> None:
    store = MemoryStore()
    await store.put(KEY, value)
    with pytest.raises(DecodeError, match=f"{KEY} at revision 2"):
        await find_endpoint(store, NAME)


async def test_keys_of_other_versions_are_passed_over_and_bad_names_refused() -> None:
    store = MemoryStore()
    await store.put(KEY, b'{"address":"h:1","zone":"x"}')
    assert await find_endpoint(store, NAME) == Endpoint("h:1")
    with pytest.raises(InvalidArgument):
        endpoint_key("no/name")
