"""The built-in sampler tells the truth about known loads, and what it could not do."""

from __future__ import annotations

import _thread
import asyncio
import importlib.util
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from corvo_agent.errors import Unsupported
from corvo_agent.profiles.pacing.loops import Loops
from corvo_agent.profiles.pprof.model import Sample
from corvo_agent.profiles.sampling import thread_sampler
from corvo_agent.profiles.sampling.engine import UNSEEN, Mode, Recording, SamplingOrder
from corvo_agent.profiles.sampling.thread_sampler import OTHER, ThreadSampler
from corvo_agent.profiles.stacks.table import DEEPER

from ..loads import SHARES, Once, Running, burn, idle, native, recursion, shares
from ..spawn import child_says, crowded, other_interpreter, shares_of, until

# No divisor of the loads' cycle, so that looks fall everywhere in it; and no bound on the cost.
ORDER = SamplingOrder(seconds=1.0, hz=487, budget=100)
SHORT = SamplingOrder(seconds=0.4, hz=200, budget=100)


def by_thread(recording: Recording, name: str) -> int:
    return sum(each.values[1] for each in recording.samples if ("thread", name, "") in each.labels)


async def test_known_shares_come_back() -> None:
    # Beside others that want the processor single looks come late and count for much: it takes more of them then.
    samples: list[Sample] = []
    with Running(shares):
        for _ in range(8):
            samples += (await ThreadSampler().record(ORDER)).samples
            found = shares_of(samples, list(SHARES))
            if found == pytest.approx(SHARES, abs=3):
                break
    assert found == pytest.approx(SHARES, abs=3)


async def test_the_answer_tells_what_was_asked_and_taken() -> None:
    recording = await ThreadSampler().record(SHORT)
    assert recording.asked == 80
    assert 0 < recording.taken <= 81
    assert 0 < recording.cost < 100


async def test_callbacks_of_a_loop_count_and_not_its_select() -> None:
    # Each callback is over long before the interpreter's own switch interval.
    def serve() -> None:
        async def spin(work: Callable[[], None]) -> None:
            while not stop.is_set():
                work()
                await asyncio.sleep(0)

        async def main() -> None:
            await asyncio.gather(*(spin(work) for work in (short_heavy, short_light)))

        asyncio.run(main())

    stop = threading.Event()
    thread = threading.Thread(target=serve)
    thread.start()
    recording = await ThreadSampler().record(ORDER)
    stop.set()
    thread.join()
    found = shares_of(recording.samples, ["short_heavy", "short_light", "select"])
    assert found["short_heavy"] > 50
    assert found["select"] < 30


def short_heavy() -> None:
    burn(0.0016)


def short_light() -> None:
    burn(0.0004)


async def test_threads_that_release_the_gil_count_with_what_they_used() -> None:
    with Running(native, 2) as running, Running(idle, 5):
        recording = await ThreadSampler().record(SHORT)
    used = [by_thread(recording, thread.name) for thread in running.threads]
    total = sum(each.values[1] for each in recording.samples)
    assert sum(used) > 0.7 * total
    assert all(by_thread(recording, f"idle-{index}") < 0.1 * total for index in range(5))


async def test_wall_time_counts_every_thread_alike() -> None:
    with Running(idle, 3) as running:
        recording = await ThreadSampler().record(SamplingOrder(0.3, 100, Mode.WALL, 100))
    times = [by_thread(recording, thread.name) for thread in running.threads]
    assert min(times) == pytest.approx(max(times), rel=0.2)
    assert min(times) == pytest.approx(recording.duration_ns, rel=0.3)


async def test_a_deep_recursion_keeps_its_leaf() -> None:
    with Running(recursion):
        recording = await ThreadSampler().record(SHORT)
    deepest = max((each.stack for each in recording.samples), key=len)
    assert deepest[-1] == DEEPER
    assert deepest[0].function.endswith("loads.burn")


async def test_a_thousand_threads_are_sampled_within_the_budget() -> None:
    with Running(idle, 1000), Running(shares):
        recording = await ThreadSampler().record(SamplingOrder(1.0, 100, budget=5))
    assert recording.taken >= 2
    assert shares_of(recording.samples, ["shares"])["shares"] == 100
    assert any("rate lowered" in note for note in recording.notes)


async def test_the_running_task_is_a_label() -> None:
    loops = Loops()
    loops.watch_running()
    done = asyncio.Event()

    async def spin() -> None:
        while not done.is_set():
            burn(0.002)
            await asyncio.sleep(0)

    named = asyncio.create_task(spin(), name="spinner")
    unnamed = asyncio.create_task(spin())
    recording = await ThreadSampler(loops).record(SHORT)
    done.set()
    await asyncio.gather(named, unnamed)
    tasks = {label.value for each in recording.samples for label in each.labels if label.key == "task"}
    assert "spinner" in tasks
    assert any(str(task).endswith(".spin") for task in tasks)


async def test_a_process_that_forks_goes_on_being_sampled_and_so_can_its_child() -> None:
    recording = asyncio.create_task(ThreadSampler().record(SHORT))
    await asyncio.sleep(0)
    assert child_says(lambda: threading.active_count() == 1 and sys.getswitchinterval() > 0.001)
    assert child_says(lambda: asyncio.new_event_loop().run_until_complete(ThreadSampler().record(SHORT)).taken > 0)
    assert (await recording).taken > 0
    # A sampler of another test, whose caller went away, may be about to end.
    await until(lambda: sys.getswitchinterval() > 0.001)


HIDDEN = """
import os, time
def hidden():
    # Until it is told that the recording is over: on a crowded machine a fixed time could lie beside that.
    while not os.path.exists({end!r}):
        sum(range(1000))
        time.sleep(0)
hidden()
"""


async def test_what_a_subinterpreter_uses_counts_where_it_was_called(tmp_path: Path) -> None:
    end = tmp_path / "end"

    def run_elsewhere() -> None:
        with other_interpreter() as run:
            run(HIDDEN.format(end=str(end)))

    thread = threading.Thread(target=run_elsewhere, name="caller")
    recording = asyncio.create_task(ThreadSampler().record(SamplingOrder(0.8, 200, budget=100)))
    await asyncio.sleep(0)
    thread.start()
    try:
        found = await recording
    finally:
        end.touch()
        thread.join()
    functions = {frame.function.rpartition(".")[2] for each in found.samples for frame in each.stack}
    assert "hidden" not in functions
    if sys.version_info < (3, 12):
        assert by_thread(found, "caller") > 20_000_000
        assert "run_elsewhere" in functions
    else:
        assert [note for note in found.notes if note.endswith("no thread was seen: another interpreter ran")]


async def test_stacks_past_the_bound_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_sampler, "MAX_STACKS", 1)
    monkeypatch.setattr(thread_sampler, "MAX_TASK_LABELS", 0)
    loops = Loops()
    loops.watch_running()
    with Running(shares, 2):
        recording = await ThreadSampler(loops).record(SHORT)
    assert any(each.stack == (OTHER,) for each in recording.samples)


async def test_what_no_thread_of_ours_used_is_shown_as_such() -> None:
    # A thread that the threading module does not know, as one that C code made.
    stop = threading.Event()
    ended = threading.Event()

    def work() -> None:
        native(stop)
        ended.set()

    _thread.start_new_thread(work, ())
    recording = await ThreadSampler().record(SHORT)
    stop.set()
    ended.wait()
    unseen = sum(each.values[1] for each in recording.samples if each.stack == (UNSEEN,))
    assert unseen > sum(each.values[1] for each in recording.samples) / 2


async def test_a_thread_on_a_crowded_processor_counts_with_what_it_used() -> None:
    # On a busy machine it may not come to an end in the time of one recording: then another one is taken.
    for attempt in range(4):
        with Once() as thread, crowded([thread.native_id]):
            burning = asyncio.create_task(asyncio.to_thread(thread.burn))
            recording = await ThreadSampler().record(SamplingOrder(3.0, 100, budget=100))
            whole = burning.done()
            seconds = await burning
        if whole or attempt == 3:
            break
    mine = [each for each in recording.samples if ("tid", thread.native_id, "") in each.labels]
    assert sum(each.values[1] for each in mine) / 1e9 == pytest.approx(seconds, rel=0.05, abs=0.01)
    assert any("for a processor, held back by a quota or by others" in note for note in recording.notes)


async def test_functions_of_one_name_in_two_files_have_two_names(tmp_path: Path) -> None:
    # Of modules that were loaded by hand: the interpreter has no name for them.
    gets = []
    for folder in ("orders", "users"):
        file = tmp_path / folder / "views.py"
        file.parent.mkdir()
        file.write_text("def get(work):\n    work(0.01)\n")
        spec = importlib.util.spec_from_file_location("views", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        gets.append(module.get)

    def serve(stop: threading.Event) -> None:
        while not stop.is_set():
            for get in gets:
                get(burn)

    with Running(serve):
        recording = await ThreadSampler().record(ORDER)
    frames = {frame for each in recording.samples for frame in each.stack if frame.function.endswith(".get")}
    assert {(frame.function, frame.filename) for frame in frames} == {
        (f"{folder}.views.get", str(tmp_path / folder / "views.py")) for folder in ("orders", "users")
    }


async def test_it_cannot_tell_who_holds_the_gil() -> None:
    order = SamplingOrder(1, mode=Mode.GIL)
    assert ThreadSampler().unfit(order)
    with pytest.raises(Unsupported, match="mode gil is not possible here"):
        await ThreadSampler().record(order)
