"""One process of a sample service that has several: a stub in it, and the hub of all of them beside."""

from __future__ import annotations

import asyncio
import os
import sys

from ..errors import Unavailable
from ..logs.writing.json_logging import configure_json_logging
from ..owned_process import say_ready
from ..signals import end_signals
from ..stub.start import start
from ..threads import in_thread
from .service import OrderService

# Seconds until the hub answers for this process.
_PATIENCE = 50.0


async def _main(module: str, node: str, etcd: str, log_file: str, meeting: str) -> None:
    # What the person has set is for their own services, not for this one.
    for name in [name for name in os.environ if name.startswith("CORVO_")]:
        del os.environ[name]
    os.environ["CORVO_RUNTIME_DIR"] = meeting
    service = OrderService()
    stop = asyncio.Event()
    # How its owner ends it: see OwnedProcess.stop.
    with end_signals(stop.set), configure_json_logging(module, path=log_file):
        async with start(module, node=node, etcd=etcd, log_file=log_file) as handle:
            service.publish(handle.publish, handle.action)
            work = asyncio.create_task(service.run(), name=module)
            try:
                if not await in_thread(lambda: handle.wait(_PATIENCE), "corvo-demo-wait"):
                    raise Unavailable(handle.name, handle.problem or f"no agent after {_PATIENCE:g} s")
                say_ready()
                await stop.wait()
            finally:
                work.cancel()
                await asyncio.wait({work})


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
