"""One query to many Modules, answered as the answers come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...diagnostics.query import DebugQuery, Payload
from ...errors import CorvoError
from ..objects.errors import Action, failure
from ..routing.router import Router
from .transcode import LARGE, payload_object


@dataclass(frozen=True, slots=True)
class ModuleAnswer:
    """What became of one Module's query; ``seconds`` is how long that took."""

    module: str
    seconds: float
    payload: Payload | None = None
    error: CorvoError | None = None

    def json(self) -> dict[str, Any]:
        """Its line: the answer, or the error as a Debug of that Module alone tells it."""
        line: dict[str, Any] = {"module": self.module, "ok": False, "seconds": round(self.seconds, 4)}
        error = self.error
        if self.payload is not None:
            try:
                return {**line, "ok": True, **payload_object(self.payload)}
            except CorvoError as unreadable:
                error = unreadable
        if error is not None:
            line["error"] = failure(error, Action.DEBUG, self.module).body()
        return line


async def ask_many(
    router: Router, query: DebugQuery, names: Sequence[str], width: int
) -> AsyncGenerator[list[ModuleAnswer]]:
    """Ask every Module of ``names``, ``width`` of them at a time; answers in the order in which they come.

    Those that are there are given together, so that they can be written together. A Module that is slow or gone
    costs its own deadline, and its place for no longer than that. Close it with ``contextlib.aclosing``: that cancels
    what is under way.
    """
    waiting = iter(names)
    # Bounded: a caller that reads slowly holds up the asking instead of filling memory with answers.
    answers: asyncio.Queue[ModuleAnswer] = asyncio.Queue(width)

    async def work() -> None:
        for name in waiting:
            await answers.put(await _ask(router, replace(query, name=name)))

    workers = [asyncio.create_task(work(), name="corvo-fan-out") for _ in range(min(width, len(names)))]
    left = len(names)
    try:
        while left:
            found = [await answers.get()]
            # What came meanwhile leaves in the same write.
            found += [answers.get_nowait() for _ in range(answers.qsize())]
            left -= len(found)
            yield found
    finally:
        for worker in workers:
            worker.cancel()
        # Their queries are cancelled at the agents before this returns.
        if workers:
            await asyncio.wait(workers)


async def _ask(router: Router, query: DebugQuery) -> ModuleAnswer:
    started = time.monotonic()
    try:
        payload = await router.debug(query)
    except CorvoError as error:
        return ModuleAnswer(query.name, time.monotonic() - started, error=error)
    return ModuleAnswer(query.name, time.monotonic() - started, payload=payload)


async def line_of(answer: ModuleAnswer) -> dict[str, Any]:
    """``answer.json()``, in a thread when the answer is a large one."""
    if answer.payload is None or len(answer.payload.value) < LARGE:
        return answer.json()
    return await asyncio.to_thread(answer.json)
