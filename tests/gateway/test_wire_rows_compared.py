"""The rows of the contract that were found by comparing with the running original, each named: objects and requests."""

from __future__ import annotations

from typing import Any

import pytest

from corvo_agent.modules.names import key_of

from .conftest import Api, Store, settled


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/modules/m1", {"spec": {"log-level": "debug"}}),
        ("PATCH", "/modules/m1", {"spec": {"enable-trace": True}}),
        ("POST", "/modules/m1/label", {"labels": {"a": "b"}}),
        ("PUT", "/modules/m1/level", {"level": "Debug", "keep": True}),
    ],
)
async def test_row_kv_value_without_kind(api: Api, store: Store, method: str, path: str, body: Any) -> None:
    """A value without kind or self-link is lost to the original's API server: each write completes it."""
    await store.put(key_of("m1"), b'{"spec":{"log-level":"debug"}}')
    await settled(api.gateway, store)
    assert (await api.call(method, path, body))[0] == 200
    item = await store.get(key_of("m1"))
    assert item is not None
    assert item.value.startswith(b'{"kind":"Module","api-version":"v1","meta":{"name":"m1",')
    assert f'"self-link":"{key_of("m1")}"'.encode() in item.value
