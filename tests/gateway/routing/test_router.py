"""From a Module to the agent that is asked; where that is, tests/modules/test_location.py shows."""

from __future__ import annotations

from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import pytest

from corvo_agent.access.caller import Caller, calling
from corvo_agent.access.roles import Role
from corvo_agent.diagnostics.messages.payloads import decode_profile, decode_stats
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import InvalidArgument, NotFound, PreconditionFailed, ResourceExhausted, Unsupported
from corvo_agent.gateway.routing.networks import DialPolicy
from corvo_agent.gateway.routing.peers import PeerPool
from corvo_agent.gateway.routing.resolver import Resolver
from corvo_agent.gateway.routing.router import RouteLimits, Router
from corvo_agent.gateway.watching.endpoint_cache import EndpointCache
from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.announcing.workers import worker_key
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.stats import Int

from ..modules import module

NAME = "node1-pen-npm"


async def refusal(query: DebugQuery, announced: str = "", limits: RouteLimits | None = None) -> Exception:
    """Why ``query`` reaches no agent of a Module without ports."""
    async with MemoryStore() as store:
        if announced:
            await store.put(endpoint_key(NAME), encode_endpoint(Endpoint(announced)))
        async with EndpointCache(store) as endpoints:
            await endpoints.wait_synced(60)
            known = {NAME: module(NAME, ports=())}
            router = Router(known.get, endpoints, Resolver(DialPolicy()), PeerPool(), limits=limits)
            with pytest.raises((NotFound, PreconditionFailed, InvalidArgument, ResourceExhausted)) as raised:
                await router.debug(query)
    return raised.value


async def test_no_module_is_not_found() -> None:
    assert str(await refusal(DebugQuery("Log", name="other"))) == "module other not found"


async def test_nothing_says_where_its_agent_is() -> None:
    expected = f"unable to locate service instance for module [{NAME}]"
    assert str(await refusal(DebugQuery("Log", name=NAME))) == expected
    assert str(await refusal(DebugQuery("Log", name=NAME), "no-such-host.invalid:1")) == expected


async def test_a_file_of_this_machine_is_not_where_an_agent_is() -> None:
    expected = "endpoint address [unix:/run/agent] is a file, and does not say on which machine"
    assert str(await refusal(DebugQuery("Log", name=NAME), "unix:/run/agent")) == expected


@pytest.mark.parametrize("seconds", ["601", "inf", "nan"])
async def test_a_measurement_has_a_longest_time(seconds: str) -> None:
    error = await refusal(DebugQuery("Profile", {"Seconds": seconds}, NAME))
    assert str(error) == f"seconds: must be at most 600, got {seconds!r}"


async def test_queries_at_once_are_bounded() -> None:
    error = await refusal(DebugQuery("Log", name=NAME), limits=RouteLimits(at_once=0))
    assert str(error) == "Debug queries at once: at most 0"


async def test_one_caller_leaves_places_to_others_and_a_viewers_question_has_some_more() -> None:
    router = Router({}.get, None, None, None, limits=RouteLimits(at_once=20))  # type: ignore[arg-type]
    log = DebugQuery("Log", name=NAME)
    with ExitStack() as stack:
        with calling(Caller("ann", Role.READER)):
            for _ in range(15):
                stack.enter_context(router._place(log))
            with pytest.raises(ResourceExhausted, match=r"^Debug queries of ann at once: at most 15$"):
                stack.enter_context(router._place(log))
        with calling(Caller("bob", Role.READER)):
            for _ in range(5):
                stack.enter_context(router._place(log))
            with pytest.raises(ResourceExhausted, match=r"^Debug queries at once: at most 20$"):
                stack.enter_context(router._place(log))
            stack.enter_context(router._place(DebugQuery("Stats", name=NAME)))
    assert not router._under_way


async def test_each_of_several_processes_is_asked_where_it_answers_itself(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(MemoryStore())
        endpoints = []
        for pid in (11, 12):
            service = DiagnosticsService.with_defaults("pen-npm", "node1", log_file=str(tmp_path / f"{pid}.log"))
            service.expvars.publish("which", Int(pid))
            await stack.enter_async_context(service)
            server = await stack.enter_async_context(DiagnosticsServer([service]))
            endpoints.append(Endpoint(server.address, pid))
        await store.put(endpoint_key(NAME), encode_endpoint(endpoints[1]))
        await store.put(worker_key(NAME, "pid-11"), encode_endpoint(endpoints[0]))
        cache = await stack.enter_async_context(EndpointCache(store))
        await cache.wait_synced(60)
        peers = PeerPool()
        stack.push_async_callback(peers.aclose)
        router = Router({NAME: module(NAME)}.get, cache, Resolver(DialPolicy()), peers)

        async def which(worker: str) -> object:
            parameters = {"expvar": "which", **({"worker": worker} if worker else {})}
            payload = await router.debug(DebugQuery("Stats", parameters, NAME))
            return decode_stats(payload.value)["which"]

        found = [await which(worker) for worker in ("", "pid-11", "pid:11", "pid:12")]
        assert found == ["12", "11", "11", "12"]
        with pytest.raises(NotFound, match="there are pid:12, pid-11"):
            await which("7")
        with pytest.raises(Unsupported, match="ask one of"):
            await which("all")


async def test_a_profile_is_waited_for_though_its_caller_does_not_say_how_long_it_measures() -> None:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(MemoryStore())
        service = await stack.enter_async_context(DiagnosticsService.with_defaults("pen-npm", "node1"))
        server = await stack.enter_async_context(DiagnosticsServer([service]))
        await store.put(endpoint_key(NAME), encode_endpoint(Endpoint(server.address)))
        cache = await stack.enter_async_context(EndpointCache(store))
        await cache.wait_synced(60)
        peers = PeerPool()
        stack.push_async_callback(peers.aclose)
        # A trace lasts a second.
        limits = RouteLimits(timeout=0.5)
        router = Router({NAME: module(NAME)}.get, cache, Resolver(DialPolicy()), peers, limits=limits)
        payload = await router.debug(DebugQuery("Profile", {"profile": "trace"}, NAME))
    assert b"traceEvents" in decode_profile(payload.value)
