"""One query to many Modules, answered as the answers come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from ...diagnostics.client.reply_budget import replies_kept
from ...diagnostics.query import DebugQuery, Payload
from ...errors import CorvoError
from ..objects.errors import Action, failure
from ..routing.router import Router
from .answers import Reader
from .transcode import LARGE, payload_json, payload_object

# Seconds that an answer waits for room to be kept, and those before its deadline at which it is given up.
_PATIENCE, _TO_TELL = 10.0, 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of NDJSON; ``ok`` is what it says of itself."""

    ok: bool
    text: bytes


@dataclass(frozen=True, slots=True)
class ModuleAnswer:
    """What became of one Module's query; ``seconds`` is how long that took."""

    module: str
    seconds: float
    payload: Payload | None = None
    error: CorvoError | None = None
    #: What is held for it until ``close``.
    held: ExitStack = field(default_factory=ExitStack, compare=False)

    def close(self) -> None:
        """It is written, or will not be: give its room back. May be called twice."""
        self.held.close()

    @property
    def is_large(self) -> bool:
        """Whether its line takes a thread to be made."""
        return self.payload is not None and len(self.payload.value) >= LARGE

    def json(self) -> dict[str, Any]:
        """Its line as a dict: the answer, or the error as a Debug of that Module alone tells it."""
        try:
            return self._begin(ok=True) | payload_object(self.payload) if self.payload else self._failed(self.error)
        except CorvoError as unreadable:
            return self._failed(unreadable)

    def line(self) -> Line:
        """Its line as it is sent; a large one is not made of dicts."""
        if self.payload is not None and self.is_large:
            try:
                made = payload_json(self.payload)
            except CorvoError as unreadable:
                return Line(ok=False, text=orjson.dumps(self._failed(unreadable)) + b"\n")
            begin = orjson.dumps(self._begin(ok=True))[:-1]
            return Line(ok=True, text=b"".join((begin, b"," if len(made) > 2 else b"", made[1:], b"\n")))
        found = self.json()
        return Line(ok=found["ok"], text=orjson.dumps(found) + b"\n")

    def _begin(self, *, ok: bool) -> dict[str, Any]:
        return {"module": self.module, "ok": ok, "seconds": round(self.seconds, 4)}

    def _failed(self, error: CorvoError | None) -> dict[str, Any]:
        told = {} if error is None else {"error": failure(error, Action.DEBUG, self.module).body()}
        return self._begin(ok=False) | told


async def ask_many(
    router: Router, query: DebugQuery, names: Sequence[str], width: int, reader: Reader, *, kept: bool = False
) -> AsyncGenerator[list[ModuleAnswer]]:
    """Ask every Module of ``names``, ``width`` of them at a time; answers in the order in which they come.

    Those that are there are given together, so that they can be written together. A Module that is slow or gone
    costs its own deadline, and its place for no longer than that. Room for large answers is held for ``reader`` until
    the next ones are asked for; ``kept``: for all answers, by those who take over what is ``held`` for them. Close it
    with ``contextlib.aclosing``: that cancels what is under way.
    """
    waiting = iter(names)
    # Bounded: a caller that reads slowly holds up the asking instead of filling memory with answers.
    answers: asyncio.Queue[ModuleAnswer] = asyncio.Queue(width)

    async def work() -> None:
        for name in waiting:
            answer = await _ask(router, replace(query, name=name), reader, kept)
            try:
                await answers.put(answer)
            except BaseException:
                answer.close()
                raise

    workers = [asyncio.create_task(work(), name="corvo-fan-out") for _ in range(min(width, len(names)))]
    left = len(names)
    try:
        while left:
            found = [await answers.get()]
            # What came meanwhile leaves in the same write.
            found += [answers.get_nowait() for _ in range(answers.qsize())]
            left -= len(found)
            try:
                yield found
            finally:
                for answer in found:
                    answer.close()
    finally:
        for worker in workers:
            worker.cancel()
        # Their queries are cancelled at the agents before this returns.
        if workers:
            await asyncio.wait(workers)
        while not answers.empty():
            answers.get_nowait().close()


async def _ask(router: Router, query: DebugQuery, reader: Reader, kept: bool) -> ModuleAnswer:
    started = time.monotonic()
    with ExitStack() as held:
        try:
            with replies_kept():
                payload = await router.debug(query)
                seconds = time.monotonic() - started
                size = len(payload.value)
                if kept:
                    left = _PATIENCE if query.timeout is None else query.timeout - seconds - _TO_TELL
                    held.enter_context(await reader.keep(size, max(0.0, min(left, _PATIENCE))))
                elif size >= LARGE:
                    held.enter_context(await reader.hold(size))
        except CorvoError as error:
            return ModuleAnswer(query.name, time.monotonic() - started, error=error)
        return ModuleAnswer(query.name, seconds, payload=payload, held=held.pop_all())
