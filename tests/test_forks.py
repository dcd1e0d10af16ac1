"""A forked child keeps no port of its parent's, and the parent goes on answering at it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient

# The child ends with its input, the parent when it is told to by a line there.
_AGENT = """
import asyncio, os, sys
from corvo_agent import Agent

async def main():
    async with Agent("shop", node="node1", log_file="/nowhere.log") as agent:
        if not os.fork():
            os.write(1, b"forked\\n")
            while os.read(0, 1):
                pass
            os._exit(0)
        # In one piece: the child writes into the same pipe.
        os.write(1, f"{agent.address}\\n".encode())
        await asyncio.to_thread(sys.stdin.readline)
        os._exit(0)

asyncio.run(main())
"""


async def ask(address: str) -> None:
    async with DiagnosticsClient(address) as client:
        assert "cpustats" in await client.stats()


@pytest.mark.integration
def test_a_child_does_not_hold_its_parent_s_port() -> None:
    with subprocess.Popen(
        (sys.executable, "-W", "ignore", "-c", _AGENT), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        address = min(process.stdout.readline().strip() for _ in range(2))
        asyncio.run(ask(address))
        process.kill()
        process.wait()
        # The child lives on.
        host, port = address.rsplit(":", 1)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)))
        process.stdin.close()
