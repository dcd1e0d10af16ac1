"""A deferred store: nothing is made before it is needed, everything is closed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from corvo_agent.errors import ConfigError, Unavailable
from corvo_agent.modules.deferred import DeferredStore
from corvo_agent.modules.kv import KeyValueStore
from corvo_agent.modules.memory import MemoryStore


class Maker:
    """Makes a MemoryStore once ``allowed``; counts."""

    def __init__(self, error: Exception | None = None) -> None:
        self.made: list[MemoryStore] = []
        self.threads: list[int] = []
        self.entered = threading.Event()
        self.allowed = threading.Event()
        self._error = error

    def __call__(self) -> KeyValueStore:
        self.entered.set()
        self.allowed.wait()
        self.threads.append(threading.get_ident())
        if self._error is not None:
            raise self._error
        self.made.append(MemoryStore())
        return self.made[-1]


async def test_it_is_made_once_by_the_first_calls_and_in_a_thread() -> None:
    maker = Maker()
    maker.allowed.set()
    async with DeferredStore(maker) as store:
        assert maker.made == []
        assert "not made yet" in repr(store)
        await asyncio.gather(*(store.put(f"k{number}", b"v") for number in range(5)))
        assert len((await store.range("k")).items) == 5
        assert "MemoryStore" in repr(store)
    assert len(maker.made) == 1
    assert maker.threads != [threading.get_ident()]


async def test_a_caller_that_goes_away_leaves_the_store_to_the_others() -> None:
    maker = Maker()
    async with DeferredStore(maker) as store:
        first, second = (asyncio.create_task(store.put(key, b"v")) for key in "ab")
        await asyncio.to_thread(maker.entered.wait)
        first.cancel()
        maker.allowed.set()
        assert await second > 0
    assert len(maker.made) == 1


async def test_what_making_raises_every_call_raises() -> None:
    maker = Maker(ConfigError("etcd ca_file", "x", "cannot be used"))
    maker.allowed.set()
    async with DeferredStore(maker) as store:
        for _ in range(2):
            with pytest.raises(ConfigError, match="ca_file"):
                await store.get("a")
    assert len(maker.threads) == 1


async def test_closed_it_refuses() -> None:
    store = DeferredStore(Maker())
    with pytest.raises(Unavailable, match="closed"):
        await store.get("a")
    async with store:
        pass
    with pytest.raises(Unavailable, match="closed"):
        await store.get("a")


async def test_closing_waits_for_a_store_that_is_being_made() -> None:
    maker = Maker()
    store = await DeferredStore(maker).__aenter__()
    call = asyncio.create_task(store.get("a"))
    await asyncio.to_thread(maker.entered.wait)
    closing = asyncio.create_task(store.__aexit__(None, None, None))
    maker.allowed.set()
    await closing
    await asyncio.wait({call})
    assert len(maker.made) == 1


def test_an_agent_is_built_without_importing_etcd() -> None:
    code = """if True:
        import sys
        from corvo_agent.agent.build import build_agent
        from corvo_agent.agent.settings import AgentSettings
        from corvo_agent.settings.etcd import EtcdSettings
        build_agent(AgentSettings(module="m"), EtcdSettings(urls=("http://127.0.0.1:1",)))
        assert not {"etcd3", "aiohttp", "requests"} & sys.modules.keys()
    """
    subprocess.run([sys.executable, "-c", code], check=True)
