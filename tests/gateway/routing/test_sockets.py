"""A gateway dials the socket of an agent beside it, in a folder that it was told, and no other file."""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from corvo_agent.addresses import address_to_dial
from corvo_agent.diagnostics.messages.payloads import decode_stats
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import PermissionRefused, PreconditionFailed, Unavailable
from corvo_agent.gateway.routing.networks import DialPolicy
from corvo_agent.gateway.routing.peers import PeerPool
from corvo_agent.gateway.routing.resolver import Resolver
from corvo_agent.gateway.routing.router import Router
from corvo_agent.gateway.routing.sockets import SocketPolicy
from corvo_agent.gateway.watching.endpoint_cache import EndpointCache
from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.announcing.place import this_place
from corvo_agent.modules.memory import MemoryStore

from ..modules import module

NAME = "node1-pen-npm"


def endpoint(address: str, **more: str) -> Endpoint:
    """An endpoint of this machine."""
    return replace(Endpoint(address, boot_id=this_place().boot_id), **more)  # type: ignore[arg-type]


async def test_an_agent_at_a_socket_is_asked(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(MemoryStore())
        service = DiagnosticsService.with_defaults("pen-npm", "node1", log_file=str(tmp_path / "log"))
        await stack.enter_async_context(service)
        server = await stack.enter_async_context(DiagnosticsServer([service], f"unix:{tmp_path}/agent"))
        await store.put(endpoint_key(NAME), encode_endpoint(endpoint(server.address)))
        endpoints = await stack.enter_async_context(EndpointCache(store))
        await endpoints.wait_synced(60)
        peers = PeerPool()
        stack.push_async_callback(peers.aclose)
        known = {NAME: module(NAME, ports=())}
        query = DebugQuery("Stats", {"expvar": "cmdline"}, NAME)
        allowed = SocketPolicy([str(tmp_path)])
        router = Router(known.get, endpoints, Resolver(DialPolicy()), peers, sockets=allowed)
        assert "cmdline" in decode_stats((await router.debug(query)).value)
        with pytest.raises(PermissionRefused, match=r"--allow-socket \(none is\)"):
            await Router(known.get, endpoints, Resolver(DialPolicy()), peers).debug(query)


def test_no_other_file_is_dialled(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    listening = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    try:
        for each, folder in zip(listening, (inside, outside), strict=True):
            each.bind(str(folder / "socket"))
        (inside / "link").symlink_to(outside / "socket")
        (inside / "file").touch()
        policy = SocketPolicy([str(inside)])

        def check(path: str, announced: Endpoint | None = None) -> str:
            address = address_to_dial(f"unix:{path}")
            return policy.check(address, announced or endpoint(str(address)))

        assert check(f"{inside}/socket") == f"unix:{inside}/socket"
        for path in (
            f"{outside}/socket",
            f"{inside}/link",
            f"{inside}/../outside/socket",
            f"{inside}x/socket",
            "agent",
        ):
            with pytest.raises(PermissionRefused, match="in no folder allowed by --allow-socket"):
                check(path)
        for path in (f"{inside}/file", f"{inside}/none"):
            with pytest.raises(Unavailable):
                check(path)
        for elsewhere in (Endpoint(f"unix:{inside}/socket"), endpoint(f"unix:{inside}/socket", boot_id="another")):
            with pytest.raises(PreconditionFailed):
                check(f"{inside}/socket", elsewhere)
        with pytest.raises(PreconditionFailed):
            policy.check(address_to_dial(f"unix:{inside}/socket"), None)
    finally:
        for each in listening:
            each.close()
