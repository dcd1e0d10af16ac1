"""Several processes of one Module: each is announced, found, and chosen by its id, its pid, or with all others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError, InvalidArgument, NotFound
from corvo_agent.modules.announcing.endpoint import (
    MAX_WORKERS,
    AppliedLevel,
    Endpoint,
    Worker,
    decode_endpoint,
    encode_endpoint,
    endpoint_key,
)
from corvo_agent.modules.announcing.workers import (
    choose,
    find_workers,
    processes,
    worker_key,
    worker_of,
)
from corvo_agent.modules.kv import KeyValue
from corvo_agent.modules.memory import MemoryStore

NAME = "node1-shop"
KEY = "/corvo/v1/modules/node1-shop/workers/3"
HUB = Endpoint("h:1", 10, workers=(Worker("1", 11), Worker("2", 12, level=AppliedLevel("Debug"))))
IDS = st.from_regex(r"[A-Za-z0-9_.-]{1,64}", fullmatch=True).filter(lambda id: id != "all")


@given(st.lists(st.builds(Worker, IDS, st.integers(0, 2**31 - 1), st.integers(0, 2**62)), max_size=20))
def test_the_workers_of_a_hub_are_read_as_they_are_written(workers: list[Worker]) -> None:
    endpoint = Endpoint("h:1", workers=tuple(workers))
    assert decode_endpoint(KeyValue(endpoint_key(NAME), encode_endpoint(endpoint), 1, 1)) == endpoint


@given(IDS)
def test_each_process_has_a_key_of_its_own(id: str) -> None:
    assert worker_of(worker_key(NAME, id)) == (NAME, id)


@pytest.mark.parametrize("key", ["a/b/workers/3", "m1/workers/", "m1/workers/all", "m1/workers/3/4", "m1/endpoint"])
def test_other_keys_are_no_process(key: str) -> None:
    assert worker_of(f"/corvo/v1/modules/{key}") is None
    assert worker_of(f"/elsewhere/{key}") is None


@pytest.mark.parametrize("id", ["", "all", "a/b", "x" * 65, "ü"])
def test_a_bad_id_is_refused_when_it_is_written_and_when_it_is_read(id: str) -> None:
    with pytest.raises(InvalidArgument, match="worker"):
        worker_key(NAME, id)
    with pytest.raises(InvalidArgument, match="workers"):
        encode_endpoint(Endpoint("h:1", workers=(Worker(id),)))
    value = f'{{"address":"h:1","workers":[{{"id":"{id}"}}]}}'.encode()
    with pytest.raises(DecodeError, match=r"endpoint\.workers\.0\.id"):
        decode_endpoint(KeyValue(endpoint_key(NAME), value, 1, 1))


def test_there_is_a_bound() -> None:
    workers = tuple(Worker(str(number)) for number in range(MAX_WORKERS + 1))
    with pytest.raises(InvalidArgument, match="at most 1024"):
        encode_endpoint(Endpoint("h:1", workers=workers))
    value = encode_endpoint(Endpoint("h:1", workers=workers[1:])).replace(b'"workers":[', b'"workers":[{"id":"x"},')
    with pytest.raises(DecodeError, match="at most 1024"):
        decode_endpoint(KeyValue(endpoint_key(NAME), value, 1, 1))


def test_one_that_a_hub_answers_for_is_asked_through_it() -> None:
    found = processes(HUB, {})
    assert [(each.worker.id, each.inside, each.endpoint) for each in found] == [("1", True, HUB), ("2", True, HUB)]
    assert found[1].level == AppliedLevel("Debug")
    assert choose(found, "2", NAME) == choose(found, "pid:12", NAME) == (found[1],)
    assert choose(found, "all", NAME) == found


def test_processes_that_answer_for_themselves_come_once_each() -> None:
    first, second = Endpoint("h:1", 11, 7), Endpoint("h:2", 12, 8)
    found = processes(second, {"a": first, "b": second})
    assert [(each.worker.id, each.worker.pid, each.inside) for each in found] == [("b", 12, False), ("a", 11, False)]
    assert choose(found, "pid:11", NAME)[0].endpoint == first
    assert [each.worker.id for each in processes(None, {"a": first})] == ["a"]
    assert [each.worker.id for each in processes(first, {})] == [""]


def test_one_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(NotFound, match="there are 1, 2"):
        choose(processes(HUB, {}), "3", NAME)
    with pytest.raises(NotFound, match="there are none"):
        choose((), "pid:3", NAME)
    with pytest.raises(NotFound, match="there are pid:11"):
        choose(processes(Endpoint("h:1", 11), {}), "3", NAME)
    with pytest.raises(InvalidArgument, match="pid:NUMBER"):
        choose(processes(HUB, {}), "pid:x", NAME)
    with pytest.raises(InvalidArgument, match="pid:NUMBER"):
        choose(processes(HUB, {}), f"pid:{'9' * 5000}", NAME)


async def test_they_are_found_in_the_store() -> None:
    store = MemoryStore()
    assert await find_workers(store, NAME) == ()
    await store.put(endpoint_key(NAME), encode_endpoint(Endpoint("h:1", 11)))
    await store.put(KEY, encode_endpoint(Endpoint("h:2", 12)))
    await store.put(worker_key(NAME, "4"), b"nothing")
    await store.put(f"/corvo/v1/modules/{NAME}/controls/1", b"{}")
    await store.put(worker_key(f"{NAME}-2", "4"), encode_endpoint(Endpoint("h:3", 13)))
    assert [(each.worker.id, each.worker.pid) for each in await find_workers(store, NAME)] == [("", 11), ("3", 12)]
