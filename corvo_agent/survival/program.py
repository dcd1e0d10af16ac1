"""All of it around a program that serves."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial

from ..diagnostics.shedding import Shedding
from ..tasks import end_task
from .load import LoadWatch
from .service_manager import ServiceManager
from .settings import SurvivalSettings
from .state_log import log_state
from .trimming import keep_trimmed


@asynccontextmanager
async def survive(
    status: str,
    settings: Callable[[], SurvivalSettings] = SurvivalSettings,
    shedding: Shedding | None = None,
    state: Callable[[], dict[str, object]] = dict,
) -> AsyncGenerator[None]:
    """In here the program serves: the service manager hears that, SIGUSR1 logs its state, and it sheds load.

    ``status`` is a line for people, ``settings`` are asked each second, ``state`` is what the program adds to its
    state. In the main thread, and never in a host that the agent lives in: there SIGUSR1 and the service manager are
    the host's.
    """
    manager, shedding = ServiceManager(), shedding or Shedding()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, partial(_log_state, state, shedding))
    tasks = [
        asyncio.create_task(manager.keep_alive(), name="corvo-watchdog"),
        asyncio.create_task(keep_trimmed(), name="corvo-trim"),
        asyncio.create_task(LoadWatch(settings, shedding).run(), name="corvo-load"),
    ]
    manager.ready(status)
    try:
        yield
    finally:
        manager.stopping()
        loop.remove_signal_handler(signal.SIGUSR1)
        for task in tasks:
            await end_task(task)


def _log_state(state: Callable[[], dict[str, object]], shedding: Shedding) -> None:
    log_state({**state(), "shedding": shedding.as_json()})
