"""The messages of a watch: confirmed, whole revisions, or an error of ours, whatever the server sends."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import (
    Compacted,
    CorvoError,
    DecodeError,
    PermissionRefused,
    RemoteError,
    ResourceExhausted,
    Unavailable,
)
from corvo_agent.modules.etcd.errors import FailedAttempt, Kind
from corvo_agent.modules.etcd.watch import WatchReader
from tests.modules.etcd_json import NEAR_MISSES

PEER = "http://a:1"


def reader(limit: int = 10_000) -> WatchReader:
    return WatchReader(PEER, 5, limit)


def message(**result: Any) -> bytes:
    return orjson.dumps({"result": {"header": {"revision": "9"}, **result}})


def events(*revisions: int) -> list[dict[str, Any]]:
    return [{"kv": {"key": "aw==", "mod_revision": str(revision)}, "n": n} for n, revision in enumerate(revisions)]


def test_a_watch_is_on_when_etcd_says_so() -> None:
    assert reader().opened(message(created=True)) is None


@pytest.mark.parametrize("first", [message(), message(events=events(1)), b"[]", b"{", b'{"result":1}', b"{}"])
def test_a_watch_that_is_not_confirmed_is_refused(first: bytes) -> None:
    with pytest.raises(DecodeError):
        reader().opened(first)


@pytest.mark.parametrize(
    ("first", "kind", "expected"),
    [
        (message(created=True, canceled=True, compact_revision="7"), Kind.FINAL, Compacted),
        (message(created=True, canceled=True), Kind.UNKNOWN, Unavailable),
        (
            message(created=True, canceled=True, cancel_reason="rpc error: code = PermissionDenied desc = no"),
            Kind.TOKEN,
            PermissionRefused,
        ),
        (
            message(created=True, canceled=True, cancel_reason="rpc error: code = Unauthenticated desc = no"),
            Kind.TOKEN,
            PermissionRefused,
        ),
        (orjson.dumps({"error": {"grpc_code": 14, "message": "etcdserver: no leader"}}), Kind.NOT_NOW, Unavailable),
    ],
)
def test_a_watch_that_is_canceled_at_once_says_why(first: bytes, kind: Kind, expected: type[CorvoError]) -> None:
    failure = reader().opened(first)
    assert isinstance(failure, FailedAttempt)
    assert (failure.kind, type(failure.error)) == (kind, expected)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (message(canceled=True, cancel_reason="rpc error: code = PermissionDenied desc = no"), PermissionRefused),
        (message(canceled=True, cancel_reason="who knows"), Unavailable),
        (b'{"error":{"grpc_code":14,"message":"transport is closing"}}', Unavailable),
        (b'{"error":{"grpc_code":2,"message":"x"}}', RemoteError),
        (b'{"error":null}', RemoteError),
        (message(canceled=True, compact_revision="x"), DecodeError),
        (message(events=5), DecodeError),
        (message(events=[5]), DecodeError),
        (message(events=[{"kv": 5}], fragment=True), DecodeError),
        (message(events=[{}], fragment=True), DecodeError),
    ],
)
def test_the_end_of_a_watch_is_an_error_of_ours(last: bytes, expected: type[CorvoError]) -> None:
    with pytest.raises(expected):
        reader().take(last)


def test_a_compacted_start_tells_both_revisions() -> None:
    with pytest.raises(Compacted) as caught:
        reader().take(message(canceled=True, compact_revision="7"))
    assert (caught.value.revision, caught.value.compact_revision) == (5, 7)


def test_progress_has_no_events() -> None:
    assert reader().take(message()) == []


@given(
    revisions=st.lists(st.integers(1, 6), max_size=12).map(sorted),
    cuts=st.lists(st.integers(0, 12), max_size=4).map(sorted),
)
def test_fragments_give_whole_revisions_and_lose_nothing(revisions: list[int], cuts: list[int]) -> None:
    sent, watch = events(*revisions), reader()
    taken: list[dict[str, Any]] = []
    edges = [0, *(min(cut, len(sent)) for cut in cuts), len(sent)]
    for number, (start, end) in enumerate(itertools.pairwise(edges), 1):
        last = number == len(edges) - 1
        batch = watch.take(message(events=sent[start:end], **({} if last else {"fragment": True})))
        if batch and not last:
            missing = sent[len(taken) + len(batch) :]
            assert batch[-1]["kv"]["mod_revision"] not in [event["kv"]["mod_revision"] for event in missing]
        taken += batch
    assert taken == sent


def test_a_revision_without_end_is_refused() -> None:
    watch = reader(limit=1000)
    piece = message(events=events(3, 3), fragment=True)
    for _ in range(1000 // len(piece)):
        assert watch.take(piece) == []
    with pytest.raises(ResourceExhausted) as caught:
        watch.take(piece)
    assert caught.value.limit == 1000


def test_the_bound_counts_one_revision_only() -> None:
    watch = reader(limit=1000)
    taken = [watch.take(message(events=events(revision), fragment=True)) for revision in range(1, 100)]
    assert [len(batch) for batch in taken] == [0] + [1] * 98


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=40) | NEAR_MISSES.map(orjson.dumps), max_size=4))
def test_whatever_a_server_sends_ends_in_an_error_of_ours(messages: list[bytes]) -> None:
    watch = reader(limit=500)
    with contextlib.suppress(CorvoError):
        for number, each in enumerate(messages):
            if number:
                assert isinstance(watch.take(each), list)
            else:
                assert isinstance(watch.opened(each), FailedAttempt | None)
