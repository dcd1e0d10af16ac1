"""Idle agents for bench_idle, as far as etcd sees them: a lease, an announced endpoint, a watch of the Module.

``python -m benchmarks.idle_agents now|before ETCD FIRST COUNT`` runs COUNT of them, each with connections of its own,
prints a line when all are at rest and ends with its input. ``now`` is what an agent of ours does. ``before`` is what
one did: a stream that costs nothing, the renewal every 5 s with a read of the endpoint behind it, and a read of the
Module's key every 6.6 s.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

from corvo_agent.modules import Endpoint, EndpointLease, EndpointState, ModuleWatcher
from corvo_agent.modules.announcing.endpoint import encode_endpoint, endpoint_key
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.names import key_of

# How many of them start at a time: each keeps this process and etcd busy for a while. So they start as fast as the
# machine can, and one after the other, so that what each does at its rates does not come all at once.
STARTING = 4


async def now(store: EtcdStore, name: str, stack: contextlib.AsyncExitStack) -> None:
    """An agent of ours, without what does not talk to etcd."""
    # With a step it follows what lies beside the Module, too, as agents do.
    watcher = await stack.enter_async_context(ModuleWatcher(name, store, on_step=lambda step: None))
    lease = await stack.enter_async_context(EndpointLease(store, name, Endpoint("127.0.0.1:1")))
    await watcher.wait_synced()
    await lease.wait_for(EndpointState.ANNOUNCED)


async def before(store: EtcdStore, name: str, stack: contextlib.AsyncExitStack) -> None:
    """The calls that an agent made, at the rates at which it made them."""
    key, endpoint = key_of(name), endpoint_key(name)
    found = await store.range(key, exact=True)
    lease = await store.grant_lease(15)
    await store.put(endpoint, encode_endpoint(Endpoint("127.0.0.1:1")), lease=lease)

    async def listen() -> None:
        async for _ in store.changes(key, found.revision + 1, exact=True):
            pass

    async def renew() -> None:
        while True:
            await asyncio.sleep(5)
            await store.keep_lease(lease)
            await store.get(endpoint)

    async def check() -> None:
        while True:
            await asyncio.sleep(8 * random.uniform(0.7, 0.95))
            await store.range(key, exact=True, keys_only=True)

    for work in (listen(), renew(), check()):
        task = asyncio.create_task(work)
        stack.callback(task.cancel)


SCHEMES: dict[str, Callable[[EtcdStore, str, contextlib.AsyncExitStack], Awaitable[None]]] = {
    "now": now,
    "before": before,
}


async def serve(scheme: str, etcd: str, first: int, count: int) -> None:
    """Run them until the input ends."""
    numbers = iter(range(first, first + count))
    async with contextlib.AsyncExitStack() as stack:

        async def start() -> None:
            for number in numbers:
                store = await stack.enter_async_context(EtcdStore(EtcdOptions((etcd,))))
                await SCHEMES[scheme](store, f"idle{number:05}-pen-npm", stack)

        await asyncio.gather(*(start() for _ in range(STARTING)))
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)


@contextlib.asynccontextmanager
async def agents(scheme: str, etcd: str, first: int, count: int) -> AsyncIterator[int]:
    """So many of them in a process of their own; its pid, once they are at rest."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "benchmarks.idle_agents", scheme, etcd, str(first), str(count))
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert await process.stdout.readline(), "the agents ended"
        yield process.pid
    finally:
        process.stdin.close()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
