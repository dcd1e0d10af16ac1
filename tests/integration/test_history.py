"""Who changed what of a Module, in etcd: through gateways, by etcdctl, seen by all, told once, and kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial

import aiohttp
import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.controls.store import ControlStore
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.history.entry import HistoryEntry
from corvo_agent.modules.history.store import HistoryStore
from corvo_agent.modules.history.value import History, history_key
from corvo_agent.modules.names import API_PATH
from corvo_agent.modules.store import ModuleStore
from corvo_agent.modules.watching.watch import Watch
from tests.cli.kit import corvo

NAME = "node1-shop"
pytestmark = pytest.mark.integration
LOCAL = GatewaySettings(listen="127.0.0.1:0")


def store(etcd: EmbeddedEtcd) -> EtcdStore:
    return EtcdStore(EtcdOptions((etcd.endpoint,), call_timeout=30.0))


def agent(etcd: EmbeddedEtcd) -> Agent:
    return Agent("shop", node="node1", store=store(etcd), apply_level=None)


async def history(kv: EtcdStore, enough: Callable[[History], bool]) -> History:
    """The history as soon as it is ``enough``."""
    async with Watch(kv, history_key(NAME), exact=True) as watch:
        async for _ in watch:
            if enough(found := await HistoryStore(kv).read(NAME)):
                return found
    raise AssertionError("the watch ended")


def _knows(gateway: Gateway) -> bool:
    return gateway.cache.get(NAME) is not None


def told(entry: HistoryEntry) -> tuple[str, str, str, bool, bool]:
    return entry.what, entry.level_from, entry.level_to, bool(entry.who), entry.seen


async def test_each_change_is_told_once_whatever_sees_it(etcd: EmbeddedEtcd) -> None:
    async with AsyncExitStack() as stack:
        kv = await stack.enter_async_context(store(etcd))
        modules = ModuleStore(kv)
        stack.push_async_exit(running := agent(etcd))
        await running.__aenter__()
        assert running.watcher is not None
        await running.watcher.wait_for(lambda module: module is not None)
        first, second = [await stack.enter_async_context(Gateway(kv, LOCAL)) for _ in range(2)]
        for gateway in (first, second):
            await gateway.cache.wait_until(partial(_knows, gateway), "no module", 30)
            await gateway.endpoints.wait_synced(30)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        url = f"{API_PATH}/modules/{NAME}"
        level = {"level": "Debug", "for": "10m", "reason": "slow; password=hunter2"}
        async with session.put(f"{first.url}{url}/level", json=level) as answer:
            assert answer.status == 200
        await ControlStore(kv).put(NAME, Control("Warn", logger="http", by="eve"))
        # This ends the override, by the agent or a gateway.
        await modules.set_level(NAME, "Error")
        await history(kv, lambda found: len(found) >= 4)
        async with session.patch(f"{second.url}{url}", json={"spec": {"enable-trace": True}}) as answer:
            assert answer.status == 200
        # Who has made a change may tell it after those who have seen it, on a busy machine.
        found = await history(
            kv, lambda found: len(found) >= 5 and {"spec", "override"} <= {each.what for each in found if each.who}
        )
        assert [told(each) for each in found if each.what != "override-end"] == [
            ("spec", "", "", True, False),
            ("level", "", "Error", False, True),
            ("override", "", "Warn", False, True),
            ("override", "as-configured", "Debug", True, False),
        ]
        (end,) = [each for each in found if each.what == "override-end"]
        assert (end.level_from, end.reason) == ("Debug", "log-level was changed after it")
        by_name = {each.level_to: each for each in found}
        assert by_name["Warn"].by == "eve"
        assert by_name["Debug"].reason == "slow; password=***"
        assert (by_name["Debug"].address, by_name["Debug"].gateway) == ("127.0.0.1", first.identity.id)
        assert {each.gateway for each in found if each.what == "spec"} == {second.identity.id}
        for place in (("--etcd", etcd.endpoint), ("--gateway", second.url)):
            outcome = await corvo("history", NAME, "-o", "json", *place)
            assert [each["revision"] for each in outcome.json] == [str(each.revision) for each in found], outcome.err
            outcome = await corvo("history", "shop", *place)
            assert "override-end" not in outcome.out
            assert "level as-configured → Debug" in outcome.out
        await running.aclose()
        async with session.delete(f"{first.url}{url}") as answer:
            assert answer.status == 200
        assert (await history(kv, lambda found: len(found) >= 6))[0].what == "delete"
        assert (await kv.get(history_key(NAME))).lease != 0  # type: ignore[union-attr]
        outcome = await corvo("history", NAME, "--gateway", first.url)
        assert outcome.out.splitlines()[1].split("\t")[1] == "deleted"
        assert (await corvo("history", "node1-none", "--gateway", first.url)).code == 3
        assert (await corvo("history", "node1-none", "--etcd", etcd.endpoint)).code == 3
