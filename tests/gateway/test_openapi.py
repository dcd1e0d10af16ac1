"""The OpenAPI document is true: whatever is asked by it, the answers are those it promises, and none is a 500."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.openapi import document
from corvo_agent.modules.codec import encode_module
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.names import key_of

from .conftest import LOCAL
from .modules import module

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
# Streams that end only with their caller.
ENDLESS = "/watch/"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A gateway in a thread of its own: schemathesis asks from ordinary functions."""
    started, stop = threading.Event(), asyncio.Event()
    found: list[tuple[asyncio.AbstractEventLoop, str]] = []

    async def serve() -> None:
        async with MemoryStore() as store:
            for name in ("a1", "b2"):
                await store.put(key_of(name), encode_module(module(name)))
            async with Gateway(store, LOCAL) as gateway:
                await gateway.cache.wait_synced(5)
                found.append((asyncio.get_running_loop(), gateway.url))
                started.set()
                await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    started.wait(10)
    loop, address = found[0]
    yield address
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)


schema = schemathesis.openapi.from_dict(document()).exclude(path_regex=ENDLESS)


@schema.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_those_promised(case: schemathesis.Case, url: str) -> None:
    response = case.call(base_url=url, timeout=20)
    # 503 is promised where an agent or the store can be away; what nobody promised is what must not come.
    case.validate_response(response, checks=CHECKS)
    assert response.status_code != 500, response.text
