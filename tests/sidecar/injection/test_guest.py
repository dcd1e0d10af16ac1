"""An agent inside a process that was not prepared: what it tells, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import json
import socket
import zlib
from collections.abc import Mapping
from typing import Any

import pytest

from corvo_agent.errors import InvalidArgument, NotFound, Unavailable, Unsupported
from corvo_agent.profiles.kind import ProfileRequest
from corvo_agent.profiles.pprof.reader import decode
from corvo_agent.profiles.shown.stack_tree import stack_tree
from corvo_agent.profiles.stacks.own import NOT_OURS
from corvo_agent.sidecar.injection.inside import InsideAgent
from corvo_agent.sidecar.injection.meeting_place import MeetingPlace
from corvo_agent.sidecar.injection.sources import packed_sources, script
from tests.profiles.spawn import until

from .kit import agent_inside, state_of, tell, unprepared

AT_ONCE = ProfileRequest()


async def settled(process: Any, before: Mapping[str, Any]) -> dict[str, Any]:
    """Its state when it is as ``before`` again but for what it counts: threads go a moment after their last words."""
    found: dict[str, Any] = {}

    def same() -> bool:
        found.update(state_of(process))
        return all(found[key] == value for key, value in before.items() if key != "debug")

    await until(same)
    return found


async def test_it_tells_memory_tasks_and_waits_and_leaves_nothing() -> None:
    with unprepared() as process:
        before = state_of(process)
        async with agent_inside(process) as agent:
            tasks = decode(await agent.take("goroutine", AT_ONCE))
            types = decode(await agent.take("heap", AT_ONCE))
            lines = decode(await agent.take("heap", ProfileRequest(0.3)))
            waits = decode(await agent.take("block", ProfileRequest(0.3)))
            assert "corvo-attached" in state_of(process)["names"]
        await settled(process, before)
    # Its thread is left out, and nothing of the process is, whatever that is called.
    assert all(NOT_OURS in each.comments for each in (tasks, types, waits))
    assert "corvo-attached" not in [name for node in stack_tree(tasks).threads for name in node.names]
    labels = [{label.key: label.value for label in sample.labels} for sample in tasks.samples]
    by_task = {each["task"]: each for each in labels if "task" in each}
    assert by_task["wanter"]["waits_for"] == "holder"
    assert any(sample.stack[0].function == "builtins.bytearray" for sample in types.samples)
    assert any(frame.function.endswith("tick") for sample in lines.samples for frame in sample.stack)
    assert any(frame.function.endswith("want") for sample in waits.samples for frame in sample.stack)


async def test_a_level_holds_for_its_time_and_ends_with_the_connection() -> None:
    with unprepared() as process:
        before = state_of(process)
        async with agent_inside(process) as agent:
            await agent.hold_level("Debug", {}, 600)
            await until(lambda: state_of(process)["debug"] > before["debug"])
            with pytest.raises(InvalidArgument, match="unknown level"):
                await agent.hold_level("Loud", {}, 1)
            await agent.hold_level("", {"shop": "Debug"}, 0.2)
            await until(lambda: state_of(process)["levels"] == before["levels"])
            await agent.hold_level("Debug", {}, 600)
        await settled(process, before)


async def test_who_attached_and_was_killed_leaves_nothing_either() -> None:
    with unprepared() as process:
        before = state_of(process)
        agent = InsideAgent(process.pid)
        with MeetingPlace(process.pid) as place:
            place.write_script(script(place.socket_path))
            tell(process, f"run {place.script_path}")
            connection, _ = await asyncio.get_running_loop().sock_accept(place.listener)
        other = connection.dup()
        await agent.open(connection)
        await agent.hold_level("Debug", {}, 600)
        recording = asyncio.create_task(agent.take("heap", ProfileRequest(600)))
        await until(lambda: state_of(process)["tracing"])
        # As at the end of a process: no word, the connection is just gone.
        other.shutdown(socket.SHUT_RDWR)
        other.close()
        with pytest.raises(Unavailable):
            await recording
        await settled(process, before)
        await agent.aclose()


async def test_a_cancelled_question_is_cancelled_inside() -> None:
    with unprepared() as process:
        async with agent_inside(process) as agent:
            recording = asyncio.create_task(agent.take("heap", ProfileRequest(600)))
            await until(lambda: state_of(process)["tracing"])
            recording.cancel()
            await asyncio.wait({recording})
            await until(lambda: not state_of(process)["tracing"])


async def test_what_it_does_not_know_is_said() -> None:
    with unprepared() as process:
        async with agent_inside(process) as agent:
            with pytest.raises(NotFound, match="kind of profile trace not found"):
                await agent.take("trace", AT_ONCE)
            process.kill()
            with pytest.raises(Unavailable, match="the process has ended"):
                await agent.take("goroutine", ProfileRequest(600))
            assert await agent.lost_within(60)


async def test_what_cannot_load_itself_says_why_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = json.loads(zlib.decompress(packed_sources()))
    texts["sidecar.injection.guest"] = "raise RuntimeError('not here')"
    broken = zlib.compress(json.dumps(texts).encode())
    monkeypatch.setattr("corvo_agent.sidecar.injection.inside.packed_sources", lambda: broken)
    with unprepared() as process:
        before = state_of(process)
        with pytest.raises(Unsupported, match="RuntimeError: not here"):
            async with agent_inside(process):
                pass
        await settled(process, before)
