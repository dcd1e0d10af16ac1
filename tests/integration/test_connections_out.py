"""Nothing is called that nobody named: agent, gateway and commands connect to etcd and to each other only."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from corvo_agent.embedded import EmbeddedEtcd

pytestmark = pytest.mark.integration

# Notes whatever its interpreter connects to, sends to or looks up (PEP 578), and tells it with the places of its own.
PROGRAM = """
import asyncio, json, socket, sys

asked = set()

def hear(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        # Netlink is the kernel, which tells whose a connection is.
        # A message over a connection names no address.
        if arguments[0].family != socket.AF_NETLINK and arguments[1] is not None:
            asked.add(":".join(map(str, arguments[1])))
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        asked.add(str(arguments[0]))

sys.addaudithook(hear)

from corvo_agent.agent.agent import Agent
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from tests.cli.kit import corvo

def store():
    return EtcdStore(EtcdOptions.from_urls(sys.argv[1]))

LINES = ("ls", "level n-a Debug --for 1m", "stats -A", "logs -A", "stacks n-a", "history n-a", "guide")

async def main():
    service = DiagnosticsService.with_defaults("a", "n", log_file=sys.argv[2])
    async with store() as kept, Gateway(kept, GatewaySettings(listen="127.0.0.1:0")) as gateway:
        async with Agent("a", node="n", store=store(), service=service) as agent:
            await gateway.endpoints.wait_until(lambda: gateway.endpoints.get(agent.name), "no endpoint", 60)
            for line in LINES:
                where = () if line.startswith("guide") else ("--gateway", gateway.url)
                outcome = await corvo(*line.split(), *where)
                assert outcome.code == 0, (line, outcome.err)
            places = [gateway.address, agent.address]
    print(json.dumps([places, sorted(asked)]))

asyncio.run(main())
"""


async def test_only_what_was_named_is_asked(etcd: EmbeddedEtcd, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text('{"level":"info","msg":"x"}\n')
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, etcd.endpoint, str(log)), stdout=PIPE, stderr=PIPE
    )
    try:
        out, err = await process.communicate()
    except BaseException:
        process.kill()
        await process.communicate()
        raise
    assert process.returncode == 0, err.decode()
    places, asked = json.loads(out)
    # The address itself is looked up, too, to find that it is one.
    assert asked == sorted({"127.0.0.1", etcd.endpoint.removeprefix("http://"), *places})
