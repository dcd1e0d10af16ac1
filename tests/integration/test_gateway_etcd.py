"""The gateway on a real etcd: as a program, next to etcdctl, and while etcd and agents come and go."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import orjson
import pytest

from corvo_agent.diagnostics.messages.payloads import logs_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.routing.router import RouteLimits
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.announcing.endpoint import Endpoint
from corvo_agent.modules.announcing.lease import EndpointLease, EndpointState
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.json.codec import encode_module
from corvo_agent.modules.model import Module
from corvo_agent.modules.names import API_PATH, key_of
from tests.etcd_cluster import EtcdCluster
from tests.integration.etcd_data import replace_data

pytestmark = pytest.mark.integration

NAME = "node1-pen-npm"
SETTINGS = GatewaySettings(listen="127.0.0.1:0", check_interval=2.0)
ROUTES = RouteLimits(timeout=60.0)


class Hello:
    """Answers Log with one line."""

    async def start(self) -> None:
        """Nothing to get ready."""

    async def stop(self) -> None:
        """Nothing to release."""

    async def handle(self, query: DebugQuery) -> Payload:
        return logs_payload([{"msg": "hello"}])


@asynccontextmanager
async def store_of(etcd: str) -> AsyncIterator[EtcdStore]:
    async with EtcdStore(EtcdOptions((etcd,), connect_timeout=10.0, call_timeout=30.0)) as store:
        yield store


@asynccontextmanager
async def agent(store: EtcdStore, started: int) -> AsyncIterator[DiagnosticsServer]:
    """An agent of NAME, announced under a lease."""
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(DiagnosticsService())
        service.register_handler("Log", Hello())
        server = await stack.enter_async_context(DiagnosticsServer([service]))
        endpoint = Endpoint(server.address, pid=started, started=started)
        lease = await stack.enter_async_context(EndpointLease(store, NAME, endpoint, ttl=60))
        async with asyncio.timeout(60):
            await lease.wait_for(EndpointState.ANNOUNCED)
        yield server


def stored() -> bytes:
    return encode_module(Module().with_meta(name=NAME, generation_id="1").with_spec(log_level="Info"))


async def test_large_values_do_not_stop_it() -> None:
    # Each nearly as large as etcd allows, all together more than one answer of etcd may have.
    names, text = [f"large-{number:02}" for number in range(10)], "x" * 1_400_000
    async with EmbeddedEtcd() as etcd, EtcdStore(EtcdOptions((etcd.endpoint,), max_message=8 << 20)) as store:
        for name in names:
            large = Module().with_meta(name=name).with_spec(log_level="Info", args=(text,))
            await store.put(key_of(name), encode_module(large))
        async with Gateway(store, SETTINGS) as gateway, aiohttp.ClientSession() as session:
            await gateway.cache.wait_synced(30)
            assert len(gateway.cache) == len(names)
            status, body = await ask(session, "GET", f"{gateway.url}{API_PATH}/modules/{names[-1]}")
            assert (status, body["spec"]["args"]) == (200, [text])


async def ask(session: aiohttp.ClientSession, method: str, url: str, **more: Any) -> tuple[int, Any]:
    async with session.request(method, url, **more) as response:
        return response.status, await response.json(content_type=None)


async def until(session: aiohttp.ClientSession, method: str, url: str, status: int, **more: Any) -> Any:
    """Ask again and again until the answer has ``status``; every other answer has to be a clear error."""
    async with asyncio.timeout(60):
        while True:
            found, body = await ask(session, method, url, **more)
            if found == status:
                return body
            assert found in (404, 409, 412, 503, 504), body
            assert body["message"]


async def test_etcdctl_and_rest_see_the_same(etcd: EmbeddedEtcd) -> None:
    async with (
        store_of(etcd.endpoint) as store,
        Gateway(store, SETTINGS, routes=ROUTES) as gateway,
        aiohttp.ClientSession() as session,
    ):
        url = f"{gateway.url}{API_PATH}/modules/{NAME}"
        revision = await store.put(key_of(NAME), b'{"spec":{"log-level":"Debug"},"mine":{"x":1}}')
        status, body = await ask(session, "GET", f"{url}?min-revision={revision}")
        assert (status, body["spec"], body["meta"]["resource-version"]) == (200, {"log-level": "Debug"}, str(revision))
        status, body = await ask(session, "PUT", url, json={"meta": {"resource-version": str(revision)}})
        assert (status, body["spec"]) == (200, {})
        item = await store.get(key_of(NAME))
        assert item is not None
        assert str(item.mod_revision) == body["meta"]["resource-version"]
        assert b'"mine":{"x":1}' in item.value
        stale = {"meta": {"resource-version": str(revision)}}
        assert (await ask(session, "PUT", url, json=stale))[0] == 412
        assert (await ask(session, "DELETE", url))[0] == 200
        assert (await ask(session, "GET", url))[0] == 404
        assert (await ask(session, "GET", f"{url}?consistent=true"))[0] == 404


async def test_racing_writers_lose_nothing(etcd: EmbeddedEtcd) -> None:
    async with (
        store_of(etcd.endpoint) as store,
        Gateway(store, SETTINGS, routes=ROUTES) as one,
        Gateway(store, SETTINGS, routes=ROUTES) as two,
        aiohttp.ClientSession() as session,
    ):
        await store.put(key_of(NAME), stored())
        puts = [
            ask(
                session,
                "PATCH",
                f"{gateway.url}{API_PATH}/modules/{NAME}",
                json={"meta": {"labels": {f"l{number}": "1"}}},
            )
            for number in range(8)
            for gateway in (one, two)
        ]
        answers = await asyncio.gather(*puts)
        assert {status for status, _ in answers} == {200}
        body = (await ask(session, "GET", f"{one.url}{API_PATH}/modules/{NAME}?consistent=true"))[1]
        assert len(body["meta"]["labels"]) == 8
        assert body["meta"]["generation-id"] == "17"


async def test_etcd_restarts_and_agents_move_while_a_client_asks() -> None:
    async with EtcdCluster() as cluster, store_of(cluster.endpoint) as store, AsyncExitStack() as first:
        await store.put(key_of(NAME), stored())
        await first.enter_async_context(agent(store, 1))
        async with Gateway(store, SETTINGS, routes=ROUTES) as gateway, aiohttp.ClientSession() as session:
            url = f"{gateway.url}{API_PATH}/modules/{NAME}"
            debug = {"json": {"query": "Log"}}
            await until(session, "POST", f"{url}/Debug", 200, **debug)
            await cluster.members[0].kill()
            # Without etcd the gateway goes on from memory, and a write is a clear error.
            assert (await ask(session, "POST", f"{url}/Debug", **debug))[0] == 200
            assert (await ask(session, "GET", url))[0] == 200
            assert (await ask(session, "PUT", url, json={}))[0] == 412
            await cluster.members[0].start()
            await until(session, "PUT", url, 200, json={"spec": {"log-level": "Debug"}})
            # The agent is gone, then another one answers elsewhere under the same name.
            await first.aclose()
            status, body = await ask(session, "POST", f"{url}/Debug", **debug)
            assert (status in (409, 503), NAME in body["message"][0]) == (True, True)
            async with agent(store, 2):
                await until(session, "POST", f"{url}/Debug", 200, **debug)


async def test_after_a_restore_no_watcher_is_blind() -> None:
    async with (
        EtcdCluster() as cluster,
        store_of(cluster.endpoint) as store,
        Gateway(store, SETTINGS) as gateway,
        aiohttp.ClientSession() as session,
    ):
        url = f"{gateway.url}{API_PATH}/watch/modules"
        for number in range(10):
            last = await store.put(key_of(f"m{number}"), stored())
        await gateway.cache.wait_for(last, 60)
        watching = await session.get(url, params={"O.resource-version": str(last + 1)})
        # The same address and cluster id, and revision 1.
        await replace_data(cluster.members[0])
        await gateway.cache.wait_until(lambda: len(gateway.cache) == 0, "the new data", 60)
        await store.put(key_of("new"), stored())
        types: list[tuple[str, str]] = []
        while ("Created", "new") not in types:
            events = orjson.loads(await watching.content.readline())["result"]["events"]
            types += [(event["type"], event["object"]["meta"]["name"]) for event in events]
        assert [type for type, _ in types] == ["Deleted"] * 10 + ["Created"]
        watching.close()
        # The gateway writes histories as well, after a while: the new data may have come as far as the old ones were.
        async with session.get(url, params={"O.resource-version": str(last + 1000)}) as response:
            error = orjson.loads(await response.content.readline())["error"]
            assert error["message"].startswith("410:({Expired}) [version not in cache history")


async def test_a_killed_gateway_is_replaced_by_another(etcd: EmbeddedEtcd) -> None:
    async with store_of(etcd.endpoint) as store, aiohttp.ClientSession() as session, agent(store, 1):
        await store.put(key_of(NAME), stored())
        first, second = await program(etcd.endpoint), await program(etcd.endpoint)
        try:
            for url in (first[1], second[1]):
                await until(session, "POST", f"{url}{API_PATH}/modules/{NAME}/Debug", 200, json={"query": "Log"})
            first[0].kill()
            await first[0].wait()
            assert (await ask(session, "POST", f"{second[1]}{API_PATH}/modules/{NAME}/Debug", json={"query": "Log"}))[
                0
            ] == 200
        finally:
            second[0].send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(second[0].wait(), 60) == 0


async def program(etcd: str) -> tuple[asyncio.subprocess.Process, str]:
    """``corvo gateway`` on a free port; the process and its URL."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "corvo_agent",
        "gateway",
        "--etcd",
        etcd,
        "--listen",
        "127.0.0.1:0",
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    async with asyncio.timeout(60):
        while b"serving" not in (line := await process.stderr.readline()):
            assert line, "the gateway ended"
    return process, line.decode().split()[-1].rstrip(",")
