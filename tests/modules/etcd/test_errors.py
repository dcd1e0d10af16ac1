"""Each way in which etcd says no becomes the right error, and tells whether asking again can help."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import CorvoError, PermissionRefused, RemoteError, ResourceExhausted, Unavailable
from corvo_agent.modules.etcd.errors import Kind, from_answer, from_cancel_reason, from_stream_error
from tests.modules.etcd_json import NEAR_MISSES

PEER = "http://a:1"


def error(code: object, message: str) -> bytes:
    return orjson.dumps({"error": message, "code": code, "message": message})


def stream_error(code: object, message: str) -> bytes:
    """How 3.5.30 refuses the renewal of a lease."""
    return orjson.dumps({"error": {"code": code, "message": message}})


@pytest.mark.parametrize(
    ("status", "body", "kind", "expected"),
    [
        (503, error(14, "etcdserver: no leader"), Kind.NOT_NOW, Unavailable),
        (503, error(14, "etcdserver: rpc not supported for learner"), Kind.NOT_NOW, Unavailable),
        (503, error(14, "etcdserver: not capable"), Kind.NOT_NOW, Unavailable),
        (400, error(9, "etcdserver: not capable"), Kind.NOT_NOW, Unavailable),
        (503, error(14, "etcdserver: leader changed"), Kind.UNKNOWN, Unavailable),
        (504, error(4, "context deadline exceeded"), Kind.UNKNOWN, Unavailable),
        (408, error(1, "context canceled"), Kind.UNKNOWN, Unavailable),
        (401, error(16, "etcdserver: invalid auth token"), Kind.TOKEN, PermissionRefused),
        (400, error(3, "etcdserver: user name is empty"), Kind.TOKEN, PermissionRefused),
        (400, error(3, "etcdserver: revision of auth store is old"), Kind.TOKEN, PermissionRefused),
        (500, error(2, "auth: revision in header is old"), Kind.TOKEN, PermissionRefused),
        (403, error(7, "etcdserver: permission denied"), Kind.FINAL, PermissionRefused),
        (400, error(3, "etcdserver: request is too large"), Kind.FINAL, ResourceExhausted),
        (429, error(8, "grpc: received message larger than max (30 vs. 20)"), Kind.FINAL, ResourceExhausted),
        (429, error(8, "etcdserver: mvcc: database space exceeded"), Kind.FINAL, Unavailable),
        (429, error(8, "etcdserver: too many requests"), Kind.BUSY, Unavailable),
        (429, stream_error(8, "etcdserver: too many requests"), Kind.BUSY, Unavailable),
        (429, error(8, "something else"), Kind.FINAL, RemoteError),
        (400, error(3, "etcdserver: key is not provided"), Kind.FINAL, RemoteError),
        (401, stream_error(16, "etcdserver: invalid auth token"), Kind.TOKEN, PermissionRefused),
        (400, stream_error(3, "etcdserver: user name is empty"), Kind.TOKEN, PermissionRefused),
        (503, stream_error(14, "etcdserver: no leader"), Kind.NOT_NOW, Unavailable),
        (401, stream_error(None, "etcdserver: invalid auth token"), Kind.FINAL, PermissionRefused),
        (500, error(99, "?"), Kind.UNKNOWN, Unavailable),
        (500, error("x", "?"), Kind.UNKNOWN, Unavailable),
        (500, error(-1, "?"), Kind.UNKNOWN, Unavailable),
        (502, b"<html>Bad Gateway</html>", Kind.UNKNOWN, Unavailable),
        (403, b"denied by a proxy", Kind.FINAL, PermissionRefused),
        (401, b"", Kind.FINAL, PermissionRefused),
        (404, b"Not Found\n", Kind.FINAL, RemoteError),
        (302, b"\xff\xfe", Kind.FINAL, RemoteError),
    ],
)
def test_answers(status: int, body: bytes, kind: Kind, expected: type[CorvoError]) -> None:
    failure = from_answer(PEER, status, body, 40)
    assert (failure.kind, type(failure.error)) == (kind, expected)


def test_the_bound_of_a_request_is_told_as_far_as_etcd_tells_it() -> None:
    own = from_answer(PEER, 400, error(3, "etcdserver: request is too large"), 2_000_000).error
    transport = from_answer(PEER, 429, error(8, "grpc: received message larger than max (30 vs. 20)"), 40).error
    assert isinstance(own, ResourceExhausted)
    assert isinstance(transport, ResourceExhausted)
    assert (own.limit, own.actual) == (1536 * 1024, 2_000_000)
    assert (transport.limit, transport.actual) == (20, 40)


def test_a_remote_error_has_the_name_of_the_status() -> None:
    failure = from_answer(PEER, 400, error(5, "etcdserver: requested lease not found"))
    assert isinstance(failure.error, RemoteError)
    assert (failure.error.peer, failure.error.code) == (PEER, "NOT_FOUND")


@pytest.mark.parametrize(
    ("end", "kind", "expected"),
    [
        ({"grpc_code": 14, "http_code": 503, "message": "etcdserver: no leader"}, Kind.NOT_NOW, Unavailable),
        ({"grpc_code": 14, "message": "error reading from server: EOF"}, Kind.UNKNOWN, Unavailable),
        ({"grpc_code": 16, "message": "etcdserver: invalid auth token"}, Kind.TOKEN, PermissionRefused),
        ({"code": 14, "message": "etcdserver: no leader"}, Kind.NOT_NOW, Unavailable),
        ({"code": 14, "message": "error reading from server: EOF", "details": []}, Kind.UNKNOWN, Unavailable),
        ({"code": 16, "message": "etcdserver: invalid auth token"}, Kind.TOKEN, PermissionRefused),
        ({"code": 3, "message": "etcdserver: user name is empty"}, Kind.TOKEN, PermissionRefused),
        ({"code": "14"}, Kind.FINAL, RemoteError),
        ({"message": "x"}, Kind.FINAL, RemoteError),
        ({"grpc_code": None}, Kind.FINAL, RemoteError),
        ("text", Kind.FINAL, RemoteError),
        (None, Kind.FINAL, RemoteError),
    ],
)
def test_ends_of_streams(end: Any, kind: Kind, expected: type[CorvoError]) -> None:
    failure = from_stream_error(PEER, end)
    assert (failure.kind, type(failure.error)) == (kind, expected)


@pytest.mark.parametrize(
    ("reason", "kind", "expected"),
    [
        ("rpc error: code = PermissionDenied desc = etcdserver: permission denied", Kind.FINAL, PermissionRefused),
        ("rpc error: code = Unauthenticated desc = etcdserver: invalid auth token", Kind.TOKEN, PermissionRefused),
        ("rpc error: code = InvalidArgument desc = etcdserver: user name is empty", Kind.TOKEN, PermissionRefused),
        ("rpc error: code = Unavailable desc = etcdserver: no leader", Kind.NOT_NOW, Unavailable),
        ("rpc error: code = Canceled desc = x", Kind.UNKNOWN, Unavailable),
        ("rpc error: code = Brandnew desc = x\ny", Kind.FINAL, RemoteError),
        ("something else", Kind.UNKNOWN, Unavailable),
        ("", Kind.UNKNOWN, Unavailable),
    ],
)
def test_reasons_of_canceled_watches(reason: str, kind: Kind, expected: type[CorvoError]) -> None:
    failure = from_cancel_reason(PEER, reason)
    assert (failure.kind, type(failure.error)) == (kind, expected)


@settings(max_examples=50, deadline=None)
@given(st.integers(100, 599), st.binary(max_size=60) | NEAR_MISSES.map(orjson.dumps))
def test_any_answer_is_a_failure_of_ours(status: int, body: bytes) -> None:
    assert isinstance(from_answer(PEER, status, body).error, CorvoError)


@settings(max_examples=50, deadline=None)
@given(NEAR_MISSES, st.text(max_size=20))
def test_any_end_is_a_failure_of_ours(end: Any, reason: str) -> None:
    assert isinstance(from_stream_error(PEER, end).error, CorvoError)
    assert isinstance(from_cancel_reason(PEER, reason).error, CorvoError)
