"""The table of who is answered where: each user of this machine at each kind of listener, tried both ways."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import grpc
import grpc.aio
import pytest

from corvo_agent.access.callers import Callers
from corvo_agent.access.local_users import LocalUsers
from corvo_agent.access.roles import Role
from corvo_agent.access.tokens import TokenFile, new_token
from corvo_agent.access.wrong_tokens import TokenCheck
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import CorvoError, DeadlineExceeded
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.memory import MemoryStore
from tests.other_user import NOBODY, as_user
from tests.world.machine import needs

pytestmark = pytest.mark.integration

DAEMON = "1"
# At each listener: its own user, who is root here, one that it may be told of, and one that nothing tells it of.
ANSWERED: Mapping[str, tuple[bool, bool, bool]] = {
    "agent, IPv4": (True, False, False),
    "agent, IPv6": (True, False, False),
    "agent, IPv4, --allow-user": (True, True, False),
    "agent, IPv4, --insecure": (True, True, True),
    "agent, IPv4, a token that nobody shows": (False, False, False),
    "agent, socket": (True, False, False),
    "agent, socket, --socket-group": (True, True, False),
    "gateway, REST": (True, False, False),
    "gateway, gRPC": (True, False, False),
    "gateway, REST, --allow-user": (True, True, False),
    "gateway, gRPC, --allow-user": (True, True, False),
    "gateway, REST, --insecure": (True, True, True),
}


async def verdicts(addresses: Mapping[str, str]) -> dict[str, bool]:
    """Where this process is answered."""
    return {name: await answered(address) for name, address in addresses.items()}


async def answered(address: str) -> bool:
    """Whether this process may ask at ``address``."""
    if address.startswith("http:"):
        async with aiohttp.ClientSession() as session, session.get(f"{address}/metrics") as response:
            return response.status == 200
    if address.startswith("v1:"):
        async with grpc.aio.insecure_channel(address.removeprefix("v1:")) as channel:
            ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]
            ask = channel.unary_unary("/diagnostics.DiagnosticsV1/AutoGetModule")
            try:
                await ask(b"", timeout=60)
            except grpc.aio.AioRpcError as error:
                # Who is answered hears that there is no such Module.
                return error.code() is grpc.StatusCode.NOT_FOUND
            return True
    async with DiagnosticsClient(address, connect_timeout=60) as client:
        try:
            await client.stats("cmdline", timeout=60)
        except DeadlineExceeded:
            # Neither answered nor refused.
            raise
        except CorvoError:
            return False
        return True


async def listeners(stack: AsyncExitStack, folder: Path) -> dict[str, str]:
    """An address of each kind."""
    service = await stack.enter_async_context(DiagnosticsService.with_defaults("m", "n", log_file=str(folder / "log")))
    tokens = folder / "tokens"
    tokens.touch(0o600)
    tokens.write_text(new_token(Role.ADMIN, "ann", None)[1])
    allowed = Callers(LocalUsers([int(NOBODY)]))
    by_group = Callers(LocalUsers(anyone=True))
    servers = {
        "agent, IPv4": DiagnosticsServer([service]),
        "agent, IPv6": DiagnosticsServer([service], "[::1]:0"),
        "agent, IPv4, --allow-user": DiagnosticsServer([service], callers=allowed),
        "agent, IPv4, --insecure": DiagnosticsServer([service], insecure=True),
        "agent, IPv4, a token that nobody shows": DiagnosticsServer(
            [service], callers=Callers(LocalUsers(), tokens=TokenCheck(TokenFile(str(tokens))))
        ),
        "agent, socket": DiagnosticsServer([service], f"unix:{folder}/own"),
        "agent, socket, --socket-group": DiagnosticsServer(
            [service], f"unix:{folder}/group", callers=by_group, socket_group=NOBODY
        ),
    }
    found = {name: (await stack.enter_async_context(server)).address for name, server in servers.items()}
    own = GatewaySettings(listen="127.0.0.1:0", grpc_listen="127.0.0.1:0")
    told = GatewaySettings(listen="127.0.0.1:0", grpc_listen="127.0.0.1:0", allow_users=(NOBODY,))
    for more, settings in (("", own), (", --allow-user", told)):
        gateway = await stack.enter_async_context(Gateway(await stack.enter_async_context(MemoryStore()), settings))
        found |= {f"gateway, REST{more}": gateway.url, f"gateway, gRPC{more}": f"v1:{gateway.grpc_address}"}
    store = await stack.enter_async_context(MemoryStore())
    open_to_all = await stack.enter_async_context(Gateway(store, GatewaySettings(listen="127.0.0.1:0", insecure=True)))
    return {**found, "gateway, REST, --insecure": open_to_all.url}


@needs("root")
async def test_each_user_at_each_listener(tmp_path: Path) -> None:
    # The folders above a socket are open to all: what is tried is the socket itself.
    async with AsyncExitStack() as stack:
        addresses = await listeners(stack, tmp_path)
        assert addresses.keys() == ANSWERED.keys()
        rows = [await verdicts(addresses)]
        for uid in (NOBODY, DAEMON):
            command = (*as_user(uid), sys.executable, "-m", __spec__.name, json.dumps(addresses))
            environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
            process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment)
            said, _ = await process.communicate()
            rows.append(json.loads(said))
        seen = {name: tuple(row[name] for row in rows) for name in ANSWERED}
    assert seen == ANSWERED


if __name__ == "__main__":
    os.write(1, json.dumps(asyncio.run(verdicts(json.loads(sys.argv[1])))).encode())
