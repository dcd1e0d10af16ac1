"""A clock that is set forward and back by an hour: nothing is lost, nothing ends early, and it is said."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.logs.lines.marker import is_marker
from corvo_agent.timestamps import parse_rfc3339
from tests.cli.kit import Outcome, corvo
from tests.faults.programs import Program
from tests.faults.programs import corvo as corvo_program
from tests.stub.kit import becomes

from .machine import needs

pytestmark = needs("python")
NAME = "node1-pen-npm"
HOUR = 3600
#: Loaded by an interpreter before all else: the wall clock is as far from the machine's as a file says. The monotonic
#: one cannot be set, and is as it is.
CLOCK = """
import os, time
from pathlib import Path

file, time_ns = Path(os.environ["CORVO_TEST_CLOCK"]), time.time_ns
time.time_ns = lambda: time_ns() + int(file.read_text()) * 10**9
time.time = lambda: time.time_ns() / 1e9
"""


@dataclass(frozen=True)
class World:
    """An agent and a gateway whose clock can be set; etcd and the commands have the machine's."""

    agent: Program
    gateway: Program
    address: str
    log: Path
    clock: Path
    arguments: tuple[str, ...]

    def set_clock(self, seconds: int) -> None:
        """Set it so many seconds from the true time."""
        new = self.clock.with_suffix(".new")
        new.write_text(f"{seconds:+}\n")
        new.replace(self.clock)

    async def corvo(self, *words: str) -> Outcome:
        """A command, through the gateway."""
        outcome = await corvo(*words, *self.arguments)
        assert outcome.code == 0, outcome.err
        return outcome


@pytest_asyncio.fixture
async def world(etcd: EmbeddedEtcd, tmp_path: Path) -> AsyncIterator[World]:
    clock, log, tokens = tmp_path / "clock", tmp_path / "app.log", tmp_path / "tokens"
    clock.write_text("+0\n")
    log.write_text("")
    made = await corvo("token", "new", "--role", "admin", "--for", "30m", "--name", "ada", "--token-file", str(tokens))
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text(made.out.split()[0])
    (tmp_path / "sitecustomize.py").write_text(CLOCK)
    path = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    faked = {"PYTHONPATH": path, "CORVO_TEST_CLOCK": str(clock)}
    reach = ("--etcd", etcd.endpoint)
    words = ("agent", "--module", "pen-npm", "--node", "node1", "--log-file", str(log), *reach)
    serving = ("gateway", "--listen", "127.0.0.1:0", "--token-file", str(tokens), *reach)
    async with (
        corvo_program("agent", *words, variables=faked) as agent,
        corvo_program("gateway", *serving, variables=faked) as gateway,
    ):
        address = json.loads(await agent.logged("answers at"))["address"]
        url = (await gateway.logged("serving ")).partition("serving ")[2].split()[0].rstrip(",")
        arguments = ("--gateway", url, "--gateway-token-file", str(token))

        async def known() -> bool:
            asked = (("level", NAME), ("stats", NAME, "agent"))
            return not any([(await corvo(*words, *arguments)).code for words in asked])

        # It answers before its Module and its address are in etcd, and before the gateway has heard of them.
        await becomes(known)
        yield World(agent, gateway, address, log, clock, arguments)


async def test_overrides_tokens_histories_and_followed_logs_outlast_clocks_that_are_set(world: World) -> None:
    await world.corvo("level", NAME, "Debug", "--for", "20m")
    async with DiagnosticsClient(world.address) as client, aclosing(client.follow({"level": "all"})) as batches:
        for number, seconds in enumerate((HOUR, -HOUR, 0)):
            world.set_clock(seconds)
            with world.log.open("a") as file:
                file.write(json.dumps({"level": "info", "msg": f"line {number}"}) + "\n")
            lines: list[str] = []
            while not lines:
                lines = [record["msg"] for record in await anext(batches) if not is_marker(record)]
            assert lines == [f"line {number}"]
            # What comes in has the agent look at what counts now; the token holds, too.
            await world.corvo("level", NAME, "Error", "--logger", f"http{number}", "--for", "20m")
            found = json.loads((await world.corvo("level", NAME, "-o", "json")).out)
            assert "Debug" in json.dumps(found)
            assert (await world.corvo("logs", NAME, "--lines", "10")).out.count("line") == number + 1
    for program in (world.agent, world.gateway):
        await program.logged("the clock of this machine is 3600 s")
    now = time.time()
    entries = json.loads((await world.corvo("history", NAME, "-o", "json")).out)
    changed = [entry for entry in entries if entry["what"] == "override"]
    assert len(changed) == 4
    for entry in changed:
        assert abs(parse_rfc3339(entry["time"]) / 1e9 - now) < HOUR / 2
