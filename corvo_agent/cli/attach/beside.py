"""An agent beside a process for as long as a command lasts, and inside of it where that is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ...settings.etcd import EtcdSettings
from ...sidecar.target.process import target_of_pid
from ...threads import start_thread

if TYPE_CHECKING:
    from ...agent.settings import AgentSettings
    from ...sidecar.injection.inside import InsideAgent

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Beside:
    """The agent that runs: where it answers, and the one inside the process, None without."""

    address: str
    inside: InsideAgent | None
    _loop: asyncio.AbstractEventLoop

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What ``coroutine`` gives in the agent's own loop; for other threads, which wait."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


@contextmanager
def agent_beside(
    settings: AgentSettings, etcd: EtcdSettings | None = None, *, inject: bool = False, reads_log: bool = True
) -> Iterator[Beside]:
    """An agent of ``settings`` in a thread of its own; it has ended afterwards, and nothing is left in the process.

    With ``etcd`` the process is a Module meanwhile; ``reads_log`` as ``build_agent`` has it. ``inject`` brings an agent
    into it; raises what ``attached_inside`` raises.
    """
    ready: Future[tuple[Beside, Callable[[], object]]] = Future()
    served = start_thread(lambda: asyncio.run(_serve(settings, etcd, inject, reads_log, ready)), "corvo-attach")
    served.add_done_callback(lambda done: None if ready.done() else ready.set_exception(_failure(done)))
    beside, end = ready.result()
    try:
        yield beside
    finally:
        end()
        served.result()


def _failure(done: Future[None]) -> BaseException:
    return done.exception() or RuntimeError("the agent ended before it answered")


async def _serve(
    settings: AgentSettings,
    etcd: EtcdSettings | None,
    inject: bool,
    reads_log: bool,
    ready: Future[tuple[Beside, Callable[[], object]]],
) -> None:
    # Late: it is most of what there is, and --help does not need it.
    from ...agent.build import build_agent

    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        agent, inside = build_agent(settings, etcd, reads_log=reads_log), None
        if inject:
            from ...sidecar.injection.attaching import attached_inside
            from ...sidecar.injection.inside_answers import answer_from_inside

            inside = await stack.enter_async_context(attached_inside(settings.pid))
            answer_from_inside(agent.service, target_of_pid(settings.pid), inside)
        await stack.enter_async_context(agent)
        ready.set_result((Beside(agent.address, inside, loop), lambda: loop.call_soon_threadsafe(ended.set)))
        await ended.wait()
