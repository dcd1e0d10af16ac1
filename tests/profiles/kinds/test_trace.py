"""A trace shows turns of the loop, steps of tasks, callbacks and garbage collections."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import orjson
import pytest

from corvo_agent.errors import ResourceExhausted
from corvo_agent.profiles.kind import ProfileRequest
from corvo_agent.profiles.kinds import trace
from corvo_agent.profiles.kinds.trace import TraceKind, TraceRecorder
from corvo_agent.profiles.pacing.loops import Loops
from tests.world.machine import needs


async def collect() -> None:
    while True:
        gc.collect()
        await asyncio.sleep(0.005)


class Odd:
    """A callable whose attributes cannot be asked for."""

    def __call__(self) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        raise LookupError(name)


async def events(seconds: float = 0.1) -> dict[str, Any]:
    return dict(orjson.loads(await TraceKind(Loops()).take(ProfileRequest(seconds))))


async def test_everything_is_there_with_its_thread() -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(collect(), name="collector")
    loop.call_later(0.02, Odd())
    found = await events()
    task.cancel()
    spans = [each for each in found["traceEvents"] if each["ph"] == "X"]
    assert {each["cat"] for each in spans} == {"loop", "task", "callback", "gc"}
    assert {"collector collect", "gc generation 2", "Odd"} <= {each["name"] for each in spans}
    assert all(each["dur"] >= 0 for each in spans)
    assert {each["tid"] for each in spans} == {threading.get_ident()}
    assert found["otherData"] == {"dropped_events": 0, "notes": []}
    names = [each["args"]["name"] for each in found["traceEvents"] if each["ph"] == "M"]
    assert names == [threading.current_thread().name]


async def test_nothing_stays_wrapped() -> None:
    before = asyncio.Handle._run
    callbacks = list(gc.callbacks)
    await events(0.01)
    assert asyncio.Handle._run is before
    assert gc.callbacks == callbacks
    assert "_run_once" not in vars(asyncio.get_running_loop())


async def test_a_second_trace_is_refused_and_a_cancelled_one_makes_room() -> None:
    first = asyncio.create_task(events(60))
    await asyncio.sleep(0)
    with pytest.raises(ResourceExhausted, match="traces of one process at a time"):
        await events()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await events(0.01)


async def test_events_past_the_bound_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "MAX_EVENTS", 3)
    task = asyncio.create_task(collect())
    found = await events()
    task.cancel()
    assert found["otherData"]["dropped_events"] > 0


def test_a_loop_that_is_not_asyncios_own_has_no_turns_and_other_loops_are_left_alone() -> None:
    class Foreign:
        def is_closed(self) -> bool:
            return False

    loops = Loops()
    loops.watch(Foreign(), 1)  # type: ignore[arg-type]
    recorder = TraceRecorder(loops)
    with recorder.recording():
        asyncio.run(asyncio.sleep(0))
    assert [span for span in recorder.spans if span.category != "gc"] == []


@needs("uvloop")
def test_under_uvloop_it_says_that_the_loop_itself_is_not_seen() -> None:
    import uvloop

    async def traced() -> dict[str, Any]:
        asyncio.get_running_loop().call_later(0.02, gc.collect)
        return await events()

    found = uvloop.run(traced())
    assert {each["cat"] for each in found["traceEvents"] if each["ph"] == "X"} <= {"gc", "callback", "task"}
    assert "uvloop.Loop, not asyncio's own" in " ".join(found["otherData"]["notes"])
