"""Stacks that started threads, as far as they were recorded."""

from __future__ import annotations

import asyncio
import threading

from corvo_agent.profiles.kind import ProfileRequest
from corvo_agent.profiles.kinds.threadcreate import ThreadCreateKind
from corvo_agent.profiles.pprof.model import Profile
from corvo_agent.profiles.pprof.reader import decode
from corvo_agent.profiles.recording.recorders import Recorders


def spawn(target: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=target.wait)
    thread.start()
    return thread


def values(profile: Profile, function: str) -> list[tuple[int, ...]]:
    return [each.values for each in profile.samples if each.stack[0].function.endswith(function)]


async def test_a_recording_tells_started_and_alive_ones() -> None:
    kind = ThreadCreateKind(Recorders(), lambda: "app.py")
    end = threading.Event()
    loop = asyncio.get_running_loop()
    threads: list[threading.Thread] = []

    def start_three() -> None:
        threads.extend(spawn(end) for _ in range(2))
        done = threading.Event()
        done.set()
        spawn(done).join()

    loop.call_later(0.02, start_three)
    profile = decode(await kind.take(ProfileRequest(0.1)))
    end.set()
    for thread in threads:
        thread.join()
    assert values(profile, "test_threadcreate.spawn") == [(2, 2), (1, 0)]
    assert [each.type for each in profile.sample_types] == ["threadcreate", "alive"]


async def test_without_a_recording_only_their_number_is_known() -> None:
    kind = ThreadCreateKind(Recorders(), lambda: "app.py")
    profile = decode(await kind.take(ProfileRequest()))
    ((started, alive),) = values(profile, "[started before the recording]")
    assert started == alive >= 1
    assert profile.comments[0].startswith("nothing was recorded")
