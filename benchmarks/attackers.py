"""Those who attack an agent, as a process of its own: ``python -m benchmarks.attackers KIND ADDRESS``.

``unread`` asks for long logs on 16 connections and reads nothing, again when it is cut off; ``greps`` searches for what
is not there on 16 connections; ``storm`` does both with a few, connects, resets streams and sends what is no request.
It prints one line when it has begun and ends with its input.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.messages.request_codec import request_of
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.errors import CorvoError
from corvo_agent.protobuf.codec import encode
from tests.h2_peer import connected, framed

CALLERS = 16
LINES = 80_000
# A pause that keeps an attacker who is refused from taking the processor that is measured.
_PAUSE = 0.02


async def unread(address: str, begun: asyncio.Semaphore) -> None:
    """Ask for a long log, and take nothing of it."""
    query = framed(encode(request_of(DebugQuery("Log", {"lines": str(LINES)}))))
    first = True
    while True:
        async with connected(address) as peer:
            peer.takes = False
            stream = await peer.request()
            await peer.send(stream, query, end=True)
            while stream not in peer.ended and not peer.closed:
                await peer.receive()
                if first and peer.data[stream]:
                    first = False
                    begun.release()
        if first:
            first = False
            begun.release()
        await asyncio.sleep(_PAUSE)


async def grep(address: str, begun: asyncio.Semaphore) -> None:
    """Search for what is not there."""
    async with DiagnosticsClient(address, timeout=300.0) as client:
        begun.release()
        while True:
            with contextlib.suppress(CorvoError):
                await client.debug("Log", {"lines": "10", "grep": "there is no such line"})
            await asyncio.sleep(_PAUSE)


async def nonsense(address: str, begun: asyncio.Semaphore) -> None:
    """Connect, send what is no message, begin calls and take them back."""
    begun.release()
    while True:
        with contextlib.suppress(OSError):
            async with connected(address) as peer:
                for _ in range(5):
                    await peer.send(await peer.request(), framed(os.urandom(200)), end=True)
                    peer.h2.reset_stream(await peer.request())
                await peer.flush()
                await peer.receive()
        await asyncio.sleep(_PAUSE)


KINDS = {
    "unread": [unread] * CALLERS,
    "greps": [grep] * CALLERS,
    "storm": [*[unread] * 4, *[grep] * 2, *[nonsense] * 4],
}


async def main(kind: str, address: str) -> None:
    """Attack until the input ends."""
    begun = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(attack(address, begun)) for attack in KINDS[kind]]
    for _ in tasks:
        await begun.acquire()
    print("begun", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    # The attackers are not on the machine that is measured, or should not be. A low priority is not enough: Linux lets
    # what runs have its slice of 3 ms even where something more important wakes up, unless it runs in idle time only.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    asyncio.run(main(*sys.argv[1:]))
