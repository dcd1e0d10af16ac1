"""What profiles cost the process that is profiled, beside other profilers; and how long making them takes.

``python -m benchmarks.bench_profiles`` takes a quarter of an hour; with ``cpu`` it is the CPU kind alone, with the
engine that it chooses for itself, beside no profiler: two minutes, printed and not kept. The load runs in the main
thread, every profiler beside it or around it, in turns; the figure is how much less work the load does in a second of
its own (see ``profiled_load``) than without any profiler. What a profiler takes of other processors is not in it.

Claim: the CPU kind makes a load at most 1 % slower.
"""

from __future__ import annotations

import asyncio
import cProfile
import gzip
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import pyinstrument
import yappi

from benchmarks.profiled_load import Load, allocate, speed, work
from benchmarks.report import publish, summary, sure_median, table
from corvo_agent.profiles.kind import ProfileKind, ProfileRequest
from corvo_agent.profiles.kinds.local import local_kinds
from corvo_agent.profiles.pprof.encoder import LEVEL, encode, encode_off_loop
from corvo_agent.profiles.pprof.model import Frame, Label, Profile, Sample, ValueType
from corvo_agent.profiles.pprof.reader import decode
from corvo_agent.profiles.recording.recorders import Recorders
from corvo_agent.profiles.sampling.py_spy_process import find_py_spy
from tests.profiles.messages import google_profile

# So many that one percent can be told apart, where that is the goal.
ROUNDS = 21
FEW_ROUNDS = 7
SECONDS = 0.6
STACKS = 100_000

Profiler = Callable[[], AbstractContextManager[object]]


class Kinds:
    """Our kinds, taken by an agent's loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.recorders = Recorders()
        self._kinds: dict[str, ProfileKind] = {kind.name: kind for kind in local_kinds(self.recorders)}

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def take(self, name: str, seconds: float | None, **parameters: str) -> Any:
        """A future of a profile."""
        request = ProfileRequest(seconds, parameters)
        return asyncio.run_coroutine_threadsafe(self._kinds[name].take(request), self._loop)

    @contextmanager
    def measuring(self, name: str, **parameters: str) -> Iterator[None]:
        """A profile that runs over all of ``with``; its encoding at the end does not count."""
        future = self.take(name, SECONDS + 0.6, **parameters)
        time.sleep(0.3)
        yield
        future.result()

    @contextmanager
    def again_and_again(self, name: str, pause: float) -> Iterator[None]:
        """A profile that answers at once, asked for every ``pause`` seconds."""
        end = threading.Event()

        def ask() -> None:
            while not end.wait(pause):
                self.take(name, None).result()

        thread = threading.Thread(target=ask)
        thread.start()
        yield
        end.set()
        thread.join()

    @contextmanager
    def recording(self) -> Iterator[None]:
        """enable-trace."""

        async def switch(on: bool) -> None:
            self.recorders.enable(on)

        asyncio.run_coroutine_threadsafe(switch(True), self._loop).result()
        yield
        asyncio.run_coroutine_threadsafe(switch(False), self._loop).result()


@contextmanager
def py_spy(*options: str) -> Iterator[None]:
    """The py-spy program by itself, on this process."""
    program = find_py_spy()
    assert program is not None
    command = [program, "record", "-d", "60", "-f", "raw", "-o", "/dev/null", "-p", str(threading.get_native_id())]
    with subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(0.3)
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def with_yappi() -> Iterator[None]:
    """yappi by processor time, as it is by default."""
    yappi.start()
    yield
    yappi.stop()
    yappi.clear_stats()


@contextmanager
def idle_threads(count: int) -> Iterator[None]:
    """So many threads that wait."""
    end = threading.Event()
    threads = [threading.Thread(target=end.wait) for _ in range(count)]
    for thread in threads:
        thread.start()
    yield
    end.set()
    for thread in threads:
        thread.join()


def compare(load: Load, cases: Mapping[str, Profiler], rounds: int) -> list[dict[str, Any]]:
    """Rows of slowdown: each turn of a profiler has turns without any before and after it, to which it is compared.

    The median of the rounds counts; it truly is between ``from`` and ``to`` with 95 % confidence. The row ``none``
    tells whether that is so: 0 has to lie between its two.
    """
    slower: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, profiler in cases.items():
            before = speed(load, SECONDS / 2)
            with profiler():
                with_it = speed(load, SECONDS)
            without = (before + speed(load, SECONDS / 2)) / 2
            slower[name].append(100 * (without / with_it - 1))
    rows: list[dict[str, Any]] = []
    for name, values in slower.items():
        least, most = sure_median(values)
        rows.append(
            {
                "case": name,
                "slower_percent": round(statistics.median(values), 2),
                "from": round(least, 2),
                "to": round(most, 2),
                "rounds": rounds,
            }
        )
    return rows


def told_costs(kinds: Kinds) -> list[dict[str, Any]]:
    """What the CPU kind says of its own cost, which does not depend on what else the machine does."""
    rows: list[dict[str, Any]] = []
    for engine in ("py-spy", "builtin"):
        future = kinds.take("profile", 3.0, engine=engine)
        work(3.5)
        comments = decode(future.result()).comments
        rows.append({"case": f"corvo profile, {engine}, in its own words: " + "; ".join(comments[1:4])})
    return rows


def profile_of(stacks: int) -> Profile:
    """A CPU profile of so many different stacks of thirty frames."""
    draw = random.Random(1)
    frames = [Frame(f"module{n % 97}.function{n}", f"/srv/app/module{n % 97}.py", n % 900 + 1, n) for n in range(5000)]
    samples = [
        Sample(tuple(draw.choices(frames, k=30)), (1, 10_000_000), (Label("thread", f"worker-{n % 50}"),))
        for n in range(stacks)
    ]
    cpu = ValueType("cpu", "nanoseconds")
    return Profile((ValueType("samples", "count"), cpu), samples, "cpu", cpu, 10_000_000, 1, 2, ("made up",), "app.py")


def with_google(profile: Profile) -> bytes:
    """The same message, put together with google.protobuf's C core, and serialized."""
    message = google_profile()
    texts: dict[str, int] = {"": 0}
    functions: dict[tuple[str, str, int], int] = {}
    locations: dict[Frame, int] = {}

    def text(value: str) -> int:
        return texts.setdefault(value, len(texts))

    def fill_type(target: Any, value_type: ValueType) -> None:
        target.type, target.unit = text(value_type.type), text(value_type.unit)

    for value_type in profile.sample_types:
        fill_type(message.sample_type.add(), value_type)
    for stack, values, labels in profile.samples:
        sample = message.sample.add()
        sample.location_id.extend([locations.setdefault(frame, len(locations) + 1) for frame in stack])
        sample.value.extend(values)
        for key, value, _ in labels:
            sample.label.add(key=text(key), str=text(str(value)))
    message.mapping.add(
        id=1, filename=text(profile.program), has_functions=True, has_filenames=True, has_line_numbers=True
    )
    if profile.period_type is not None:
        fill_type(message.period_type, profile.period_type)
    message.period, message.time_nanos, message.duration_nanos = profile.period, profile.time_ns, profile.duration_ns
    message.comment.extend(text(comment) for comment in profile.comments)
    message.default_sample_type = text(profile.default_sample_type)
    for frame, number in locations.items():
        place = (frame.function, frame.filename, frame.start_line)
        known = functions.setdefault(place, len(functions) + 1)
        message.location.add(id=number, mapping_id=1).line.add(function_id=known, line=frame.line)
    for (function, filename, start), number in functions.items():
        index = text(function)
        message.function.add(id=number, name=index, system_name=index, filename=text(filename), start_line=start)
    message.string_table.extend(texts)
    return bytes(message.SerializeToString())


async def stall_while(work: Callable[[], Any]) -> float:
    """The longest time in milliseconds by which a heartbeat of 1 ms was late while the coroutine of ``work`` ran."""
    latest = 0.0

    async def beat() -> None:
        nonlocal latest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            latest = max(latest, time.perf_counter() - before - 0.001)

    beating = asyncio.create_task(beat())
    await asyncio.sleep(0.05)
    latest = 0.0
    await work()
    beating.cancel()
    return latest * 1000


def encoding(rounds: int = 5) -> list[dict[str, Any]]:
    """Times of encoding, beside google.protobuf."""
    profile = profile_of(STACKS)
    message = gzip.decompress(encode(profile))
    # Written in another order, so only what it means can be compared.
    assert len(google_profile(with_google(profile)).sample) == len(google_profile(message).sample) == STACKS
    cases: dict[str, Callable[[], object]] = {
        "ours": lambda: encode(profile),
        "google.protobuf": lambda: gzip.compress(with_google(profile), LEVEL),
    }
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            start = time.perf_counter()
            case()
            seconds[name].append(time.perf_counter() - start)
    beside = [asyncio.run(stall_while(lambda: encode_off_loop(profile))) for _ in range(rounds)]
    google = statistics.median(seconds["google.protobuf"])
    rows: list[dict[str, Any]] = []
    for name, values in seconds.items():
        ratio = round(statistics.median(values) / google, 2)
        rows.append({"case": f"{STACKS} stacks: {name}", "ms": summary(values, 1000)["median"], "ratio": ratio})
    rows.append({"case": f"{STACKS} stacks: longest stall of the loop meanwhile", "ms": summary(beside)["median"]})
    return rows


async def wait_for(lock: asyncio.Lock) -> None:
    """The inner half of a task that waits."""
    async with lock:
        pass


async def go_deeper(lock: asyncio.Lock) -> None:
    """The outer half."""
    await wait_for(lock)


async def many_tasks(count: int = 10_000, rounds: int = 5) -> list[dict[str, Any]]:
    """The goroutine kind with many tasks."""
    lock = asyncio.Lock()
    await lock.acquire()
    tasks = [asyncio.create_task(go_deeper(lock)) for _ in range(count)]
    await asyncio.sleep(0)
    kind = next(kind for kind in local_kinds() if kind.name == "goroutine")
    await kind.take(ProfileRequest())
    times: list[float] = []
    stalls: list[float] = []
    for _ in range(rounds):
        start = time.perf_counter()
        await kind.take(ProfileRequest())
        times.append(time.perf_counter() - start)
        stalls.append(await stall_while(lambda: kind.take(ProfileRequest())))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return [
        {"case": f"goroutine of {count} tasks", "ms": summary(times, 1000)["median"]},
        {"case": f"goroutine of {count} tasks: longest stall of the loop meanwhile", "ms": summary(stalls)["median"]},
    ]


def samplers(kinds: Kinds) -> dict[str, Profiler]:
    """Those who look at the CPU from time to time, the kind as it chooses for itself first."""
    return {
        "none": nullcontext,
        "corvo profile": lambda: kinds.measuring("profile"),
        "corvo profile, py-spy": lambda: kinds.measuring("profile", engine="py-spy"),
        "corvo profile, built in": lambda: kinds.measuring("profile", engine="builtin"),
        "py-spy alone": py_spy,
        "py-spy alone, --nonblocking": lambda: py_spy("--nonblocking"),
    }


def others(kinds: Kinds) -> dict[str, Profiler]:
    """Everything else that can look at the load."""
    return {
        "corvo goroutine every 100 ms": lambda: kinds.again_and_again("goroutine", 0.1),
        "corvo block": lambda: kinds.measuring("block"),
        "corvo mutex": lambda: kinds.measuring("mutex"),
        "corvo threadcreate": lambda: kinds.measuring("threadcreate"),
        "corvo trace": lambda: kinds.measuring("trace"),
        "corvo heap, 1 frame": lambda: kinds.measuring("heap", frames="1"),
        "corvo heap, engine=memray": lambda: kinds.measuring("heap", engine="memray"),
        "corvo enable-trace": kinds.recording,
        "pyinstrument": pyinstrument.Profiler,
        "yappi": with_yappi,
        "cProfile": cProfile.Profile,
    }


def with_200_threads(kinds: Kinds) -> list[dict[str, Any]]:
    """The CPU kind of a process with 200 threads that wait."""
    with idle_threads(200):
        return compare(work, samplers(kinds), ROUNDS)


def allocating(kinds: Kinds) -> list[dict[str, Any]]:
    """Heap recordings on a load that mostly allocates."""
    frames = {f"corvo heap, {n} frames": (lambda n=n: kinds.measuring("heap", frames=str(n))) for n in (1, 4, 10)}
    memray = {"corvo heap, engine=memray": lambda: kinds.measuring("heap", engine="memray")}
    return compare(allocate, {"none": nullcontext, **frames, **memray}, FEW_ROUNDS)


def cpu_alone() -> None:
    """The CPU kind beside no profiler, printed."""
    kinds = Kinds()
    try:
        cases = {name: profiler for name, profiler in samplers(kinds).items() if name in ("none", "corvo profile")}
        print(table(compare(work, cases, ROUNDS) + told_costs(kinds)))
    finally:
        kinds.close()


def main() -> int:
    """Run everything, print and keep it; with ``cpu`` the CPU kind alone."""
    if sys.argv[1:] == ["cpu"]:
        cpu_alone()
        return 0
    rows = encoding() + asyncio.run(many_tasks())
    kinds = Kinds()
    try:
        one = compare(work, samplers(kinds), ROUNDS) + compare(work, others(kinds), FEW_ROUNDS)
        rows += [{**row, "case": f"one thread: {row['case']}"} for row in one]
        rows += told_costs(kinds)
        rows += [{**row, "case": f"200 threads: {row['case']}"} for row in with_200_threads(kinds)]
        rows += [{**row, "case": f"allocating: {row['case']}"} for row in allocating(kinds)]
    finally:
        kinds.close()
    publish("profiles", rows, "py-spy", "pyinstrument", "yappi", "memray")
    return 0


if __name__ == "__main__":
    sys.exit(main())
