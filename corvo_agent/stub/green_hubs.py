"""How a native thread has the hub of greenlets run something: of gevent's the main thread's, of eventlet's the one that
runs.
"""

from __future__ import annotations

import gc
import os
import posix
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

from ..errors import CorvoError, Unsupported

#: Has a function run in a greenlet of its own; for any thread.
Spawner = Callable[[Callable[[], object]], object]


def gevent_spawner() -> Spawner:
    """That of gevent. Raises CorvoError before there is a hub."""
    hub = _found("gevent.hub", "Hub", lambda hub: getattr(hub, "main_hub", False))
    spawn = sys.modules["gevent"].spawn
    return lambda function: hub.loop.run_callback_threadsafe(spawn, function)


def eventlet_spawner() -> Spawner:
    """That of eventlet, which has no door for other threads: a pipe that its hub waits for becomes one.

    Raises CorvoError before there is a hub, and Unsupported for a hub that would not notice.
    """
    hub = _found("eventlet.hubs.hub", "BaseHub", lambda hub: hub.running)
    if type(hub).__module__ != "eventlet.hubs.epolls":
        raise Unsupported(f"looking into a process on {type(hub).__module__}", "eventlet's own, epolls, can be asked")
    wanted = deque[Callable[[], object]]()
    # Neither end blocks. Of posix: in os there are eventlet's own, which wait for the hub.
    reads, writes = posix.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    spawn = sys.modules["eventlet"].spawn_n

    def ring(_: int) -> None:
        # It runs in the hub, where nothing may wait.
        posix.read(reads, 4096)
        while wanted:
            spawn(wanted.popleft())

    # A wait that has begun takes notice of it too, see epoll_ctl(2).
    hub.add(hub.READ, reads, ring, _never, _never)

    def ask(function: Callable[[], object]) -> None:
        wanted.append(function)
        try:
            posix.write(writes, b"\0")
        except BlockingIOError:
            # It is full: the hub has been told often enough.
            pass

    return ask


def _never(*_: object) -> None:
    """Called when the pipe is closed, which it never is."""


def _found(module: str, name: str, wanted: Callable[[Any], bool]) -> Any:
    """The hub: a library itself tells only that of the thread that asks."""
    kind: Any = getattr(sys.modules.get(module), name, None)
    for found in gc.get_objects() if kind is not None else ():
        if isinstance(found, kind) and wanted(found):
            return found
    raise CorvoError(f"{module.partition('.')[0]} has no hub yet")
