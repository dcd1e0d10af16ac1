"""Many large answers at once take no more memory than the budget of all answers allows."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.messages.payloads import decode_logs
from corvo_agent.errors import RemoteError
from tests.world.machine import needs

LINES, QUERIES = 20_000, 16
BUDGET = 16 << 20
AGENT = """
import asyncio, sys
from corvo_agent import Agent
from corvo_agent.agent import AgentOptions
from corvo_agent.diagnostics import ServiceLimits

async def main():
    options = AgentOptions(service_limits=ServiceLimits(answer_bytes=int(sys.argv[2])))
    async with Agent("m", node="n", log_file=sys.argv[1], options=options) as agent:
        print(agent.address, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""
pytestmark = pytest.mark.integration


@asynccontextmanager
async def agent_over(log: Path) -> AsyncIterator[tuple[str, int]]:
    """Address and process id of an agent in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", AGENT, str(log), str(BUDGET)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip(), process.pid
    finally:
        process.stdin.close()
        await process.wait()


def peak(pid: int) -> int:
    """The most memory in bytes that a process had since ``forget_peak``."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    line = b'{"ts":"2026-01-02T03:04:05.000000Z","level":"info","pid":"17","caller":"a.go:7","msg":"%s%d"}\n'
    path.write_bytes(b"".join(line % (b"x" * 60, number) for number in range(5 * LINES)))
    return path


@needs("python")
async def test_sixteen_large_answers_at_once(log: Path) -> None:
    async with agent_over(log) as (address, pid), DiagnosticsClient(address, timeout=100) as client:
        await client.debug("Log", {"lines": "300"})
        forget_peak(pid)
        idle = peak(pid)

        async def ask() -> bytes:
            async with DiagnosticsClient(address, timeout=100) as own:
                return (await own.debug("Log", {"lines": str(LINES)})).value

        first, *others = await asyncio.gather(*(ask() for _ in range(QUERIES)))
        assert peak(pid) - idle <= 2 * BUDGET
        assert len(decode_logs(first)) == LINES
        assert set(others) == {first}


async def test_one_answer_that_is_larger_than_the_budget_is_refused(log: Path) -> None:
    async with agent_over(log) as (address, _), DiagnosticsClient(address, timeout=100) as client:
        with pytest.raises(RemoteError, match=r"fewer lines.*at most 16777216") as refused:
            await client.debug("Log", {"lines": str(5 * LINES)})
        assert refused.value.code == "RESOURCE_EXHAUSTED"
        assert len(await client.logs(lines=10)) == 10
