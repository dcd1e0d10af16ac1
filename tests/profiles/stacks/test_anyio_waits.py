"""What a task waits for in anyio is told as it is of asyncio, and so are rings through it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from corvo_agent.profiles.kind import ProfileRequest
from corvo_agent.profiles.kinds.goroutine import GoroutineKind
from corvo_agent.profiles.pprof.model import Profile
from corvo_agent.profiles.pprof.reader import decode
from corvo_agent.profiles.recording.recorders import Recorders
from tests.world.machine import needs


async def dump_of(work: Awaitable[object], settled: asyncio.Event) -> tuple[Profile, dict[str, set[str]]]:
    """The tasks while ``work`` waits, and what each one, by name, is said to wait for: its state among that."""
    task = asyncio.ensure_future(work)
    await settled.wait()
    # Each has come to where it waits after a few turns.
    for _ in range(10):
        await asyncio.sleep(0)
    recorders = Recorders()
    profile = decode(await GoroutineKind(recorders.loops, recorders.tasks, str).take(ProfileRequest()))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    told: defaultdict[str, set[str]] = defaultdict(set)
    for sample in profile.samples:
        (name,) = [str(label.value) for label in sample.labels if label.key == "task"] or [""]
        told[name] |= {str(label.value) for label in sample.labels if label.key in ("state", "waits_for")}
    return profile, told


@needs("anyio")
async def test_its_locks_limits_streams_and_task_groups_say_whom_they_wait_for() -> None:
    import anyio

    lock, limit, held = anyio.Lock(), anyio.CapacityLimiter(1), asyncio.Event()
    sender, receiver = anyio.create_memory_object_stream[int](0)

    async def keep() -> None:
        async with lock, limit:
            held.set()
            await anyio.sleep_forever()

    async def enter(what: Any) -> None:
        await held.wait()
        async with what:
            pass

    async def group() -> None:
        async with anyio.create_task_group() as members:
            members.start_soon(keep, name="keep")
            members.start_soon(enter, lock, name="lock")
            members.start_soon(enter, limit, name="limit")
            members.start_soon(sender.send, 1, name="send")

    task = asyncio.create_task(group(), name="group")
    _, told = await dump_of(task, held)
    sender.close()
    receiver.close()
    assert {"waiting: lock", "keep"} <= told["lock"]
    assert {"waiting: semaphore", "keep"} <= told["limit"]
    assert "waiting: queue put" in told["send"]
    assert told["group"] == {"waiting: task group", "keep", "lock", "limit", "send"}


@needs("anyio")
async def test_a_ring_leads_through_its_task_group_and_the_lock_around_it() -> None:
    import anyio

    lock, begun = anyio.Lock(), asyncio.Event()
    enter: Callable[[], Any] = lock.acquire

    async def parent() -> None:
        async with lock, anyio.create_task_group() as members:
            members.start_soon(enter, name="member")
            begun.set()

    profile, _ = await dump_of(asyncio.create_task(parent(), name="parent"), begun)
    (ring,) = [each for each in profile.comments if each.startswith("deadlock: ")]
    assert set(ring.removeprefix("deadlock: ").split(" waits for ")) == {"parent", "member"}
