"""What the console is looked at in: the demo, and a fleet of any size; gateways with and without tokens."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corvo_agent.access.roles import Role
from corvo_agent.access.tokens import new_token
from corvo_agent.demo.world import DemoWorld
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.announcing.endpoint import AppliedLevel, Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.controls.codec import control_key, encode_control
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.json.codec import encode_module
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.model import Module
from corvo_agent.modules.names import key_of
from tests.gateway.modules import module

LOCAL = GatewaySettings(listen="127.0.0.1:0")
TOKENS = {role: new_token(role, role.text, None) for role in Role}
SERVICES = ("basket", "edge", "mail", "pay", "search", "spyglass")


def with_tokens(folder: Path) -> GatewaySettings:
    """Settings of a gateway that takes a token of ``TOKENS``."""
    path = folder / "tokens"
    path.write_text("\n".join(line for _, line in TOKENS.values()))
    path.chmod(0o600)
    return replace(LOCAL, token_file=str(path))


@dataclass
class DemoConsole:
    """The demo, and a second gateway that wants tokens."""

    world: DemoWorld
    open: Gateway
    guarded: Gateway


@asynccontextmanager
async def demo_console(folder: Path) -> AsyncIterator[DemoConsole]:
    """The demo's two nodes with their agents, until it is left."""
    async with (
        DemoWorld() as world,
        EtcdStore(EtcdOptions.from_urls(world.etcd.endpoint)) as store,
        Gateway(store, with_tokens(folder)) as guarded,
    ):
        await guarded.cache.wait_synced(30)
        await guarded.endpoints.wait_synced(30)
        yield DemoConsole(world, world.gateway, guarded)


@dataclass
class Fleet:
    """A gateway over many Modules of one store."""

    gateway: Gateway
    store: MemoryStore
    modules: dict[str, Module]

    async def change(self, name: str, **changes: Any) -> None:
        """Store the Module ``name`` with ``restarts`` or ``level``, as its writer would."""
        await self.put(fleet_module(name, **changes))

    async def put(self, changed: Module) -> None:
        """Store a Module."""
        await self.store.put(key_of(changed.name), encode_module(changed))


def fleet_module(name: str, **changes: Any) -> Module:
    """A Module of the fleet, whose name says its node and its service."""
    node, service = name.split("-")[:2]
    chance = random.Random(name)
    labels = {"team": chance.choice(("net", "shop", "store")), "tier": str(chance.randrange(3))}
    return module(name, **{"node": node, "module": service, "labels": labels, **changes})


@asynccontextmanager
async def fleet(count: int, settings: GatewaySettings = LOCAL) -> AsyncIterator[Fleet]:
    """``count`` Modules; one agent answers for all that have one.

    Of a hundred, two have no agent, one cannot be reached, one is invalid, three follow another level than is wanted
    and five have an override.
    """
    service = DiagnosticsService.with_defaults("fleet", "node1", log_file="/nowhere/fleet.log")
    async with MemoryStore() as store, service, DiagnosticsServer([service]) as server:
        modules = {}
        for number in range(count):
            name = f"node{number // 20:03}-{SERVICES[number % len(SERVICES)]}-{number % 20:02}"
            modules[name] = fleet_module(name, restarts=int(number % 50 == 7))
            await _put(store, modules[name], number % 100, server.address)
        async with Gateway(store, settings) as gateway:
            await gateway.cache.wait_synced(60)
            await gateway.endpoints.wait_synced(60)
            yield Fleet(gateway, store, modules)


async def _put(store: MemoryStore, one: Module, kind: int, address: str) -> None:
    name, now = one.name, time.time_ns()
    level, source, until = "Info", "log-level", 0
    if kind == 4:
        await store.put(key_of(name), encode_module(one).replace(b'"Info"', b'"Loud"'))
    else:
        await store.put(key_of(name), encode_module(one))
    if kind in (10, 30, 50, 70, 90):
        until = now + (5 + kind) * 60 * 10**9
        level, source = "Debug", "override"
        control = Control("Debug", until, by="ada", reason="slow orders")
        await store.put(control_key(name, "1"), encode_control(control))
    if kind in (20, 40, 60):
        level = "Warn"
    if kind not in (0, 1):
        applied = AppliedLevel(level, source, now, until=until)
        reached = "127.0.0.1:1" if kind == 2 else address
        await store.put(endpoint_key(name), encode_endpoint(Endpoint(reached, level=applied)))
