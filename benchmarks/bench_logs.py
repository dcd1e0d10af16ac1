"""The log engine on a file of 1.2 GB, each case beside the program that people use for it.

Claims, as ratios in one run: the last 300 lines at most 2 times ``tail``'s wall time (its process start included);
a rare level over the whole file (also of pino, in CRI, and of text) at most 2 times ``grep -c -F``, and at least 20
times as fast as ``jq``; a one-minute window at least 100 times as fast as looking at every line, under 20 ms; one
second of a .gz of 630 MiB inside at most 1.5 times ``zcat | grep``; following at least half of what
``tail -F | wc -l`` does, parsed, and above 77 MiB/s (published, each on its own hardware: Vector 76.7, Fluent Bit 35,
Fluentd 26.1, Filebeat 7.8); never more than 64 MiB over idle; the loop never held for 10 ms.

A heartbeat runs during every case. ``late`` is by how much a beat came too late, whoever was to blame: the first row
shows what it is when nothing else runs here. ``held`` is the part of it in which this process used the processor, all
threads taken together: what is above it, the machine had given to others.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import psutil

from benchmarks.log_file import ERRORS, cri, minute, pino, text, write_as, write_day
from benchmarks.report import publish
from corvo_agent.levels.level import Level
from corvo_agent.logs.limits import ReadLimits
from corvo_agent.logs.lines.line_time import Window
from corvo_agent.logs.lines.marker import DROPPED
from corvo_agent.logs.lines.record import Record
from corvo_agent.logs.lines.severity import Audit
from corvo_agent.logs.search.query import LogQuery
from corvo_agent.logs.search.reader import LogReader
from corvo_agent.logs.tail.tailer import LogTailer

SIZE = int(os.environ.get("CORVO_BENCH_LOG_BYTES", "1200000000"))
PACKED_SIZE = min(int(os.environ.get("CORVO_BENCH_PACKED_BYTES", "660000000")), SIZE)
FOLLOW_SIZE = int(os.environ.get("CORVO_BENCH_FOLLOW_BYTES", "400000000"))
ROUNDS = int(os.environ.get("CORVO_BENCH_ROUNDS", "5"))
MIB = 1 << 20
T = TypeVar("T")

#: Once told to, writes the lines of one file to another, so many with each write, again and again.
PROGRAM = """
import os, sys
source, target, size, at_once = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with open(source, "rb") as file:
    lines = file.read(64 << 20).splitlines(keepends=True)[:-1]
writes = [b"".join(lines[start : start + at_once]) for start in range(0, len(lines), at_once)]
out, done = os.open(target, os.O_WRONLY | os.O_APPEND), 0
print(flush=True)
sys.stdin.readline()
while done < size:
    for data in writes:
        done += os.write(out, data)
        if done >= size:
            break
os.write(out, b'{"level":"info","msg":"the end"}\\n')
"""


@dataclass
class Case:
    """Seconds of each run, how late the loop was each time that it wanted to run, and the memory over idle."""

    seconds: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    held: list[float] = field(default_factory=list)
    memory: float = 0.0

    @property
    def typical(self) -> float:
        """The median of the runs."""
        return statistics.median(self.seconds)

    @property
    def stalls(self) -> dict[str, object]:
        """The worst in ms, and what all but one of a hundred stay below."""
        late, held = sorted(self.late) or [0.0], sorted(self.held) or [0.0]
        return {
            "held max ms": held[-1] * 1e3,
            "held p99 ms": held[len(held) * 99 // 100] * 1e3,
            "late max ms": late[-1] * 1e3,
            "late p99 ms": late[len(late) * 99 // 100] * 1e3,
        }


class Watch:
    """Measures how late a loop is that only sleeps, and how much memory the process has, while something else runs."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._idle = self._process.memory_info().rss

    async def run(self, case: Case, work: Callable[[], Awaitable[T]]) -> T:
        """Do it and measure it."""
        beating = asyncio.create_task(self._beat(case))
        start = time.perf_counter()
        try:
            return await work()
        finally:
            case.seconds.append(time.perf_counter() - start)
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating

    async def _beat(self, case: Case) -> None:
        looked = 0.0
        while True:
            before, used = time.perf_counter(), time.process_time()
            await asyncio.sleep(0.001)
            after = time.perf_counter()
            case.late.append(after - before - 0.001)
            case.held.append(min(case.late[-1], time.process_time() - used))
            if after - looked > 0.01:
                looked = after
                case.memory = max(case.memory, (self._process.memory_info().rss - self._idle) / MIB)


async def program(*command: str) -> None:
    """Run a program to its end and take what it says: grep looks no further than it must for /dev/null."""
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=DEVNULL)
    await process.communicate()


async def searches(path: Path, watch: Watch) -> list[dict[str, object]]:
    """Every search beside its peer, in turn."""
    name = str(path)
    since, until = minute(720)
    window = LogQuery(lines=100_000, window=Window(since, until))
    pattern = "served, [a-c]{5} [a-c]{4}"
    queries = {
        "last 300 lines": LogQuery(lines=300),
        "rare level": LogQuery(lines=100_000, level=Level.ERROR, audit=Audit.WITHOUT),
        "text": LogQuery(lines=100_000, fixed='"level":"error"'),
        "regular expression": LogQuery(lines=100_000, grep=pattern),
        "one minute": window,
    }
    peers: dict[str, tuple[str, ...]] = {
        "last 300 lines": ("tail", "-n", "300", name),
        "rare level": ("grep", "-c", "-F", '"level":"error"', name),
        "text": ("grep", "-c", "-F", '"level":"error"', name),
        "regular expression": ("grep", "-c", "-E", pattern, name),
        "one minute": ("grep", "-c", "-F", time.strftime("%Y-%m-%dT%H:%M:", time.gmtime(since // 10**9)), name),
    }
    ours = {case: Case() for case in queries}
    theirs = {case: Case() for case in peers}
    found = {}
    async with LogReader(name) as reader:
        await reader.read(queries["rare level"])  # the file is in memory for everybody
        for _ in range(ROUNDS):
            for case, query in queries.items():
                result = await watch.run(ours[case], partial(reader.read, query))
                found[case] = len(result.records)
                await watch.run(theirs[case], partial(program, *peers[case]))
    rows = [row(case, ours[case], " ".join(peers[case][:-1]), theirs[case], found[case]) for case in queries]
    return rows + await slow_peers(name, ours, window, watch)


async def slow_peers(name: str, ours: dict[str, Case], window: LogQuery, watch: Watch) -> list[dict[str, object]]:
    """Peers that take so long that once is enough."""
    rows = []
    if shutil.which("jq"):
        jq = Case()
        await watch.run(jq, partial(program, "jq", "-c", 'select(.level=="error")', name))
        rows.append(row("rare level", ours["rare level"], "jq", jq, 0))
    every = Case()
    async with LogReader(name, limits=ReadLimits(slack=1e9, max_seconds=600)) as reader:
        result = await watch.run(every, partial(reader.read, window))
    rows.append(row("one minute", ours["one minute"], "our own look at every line", every, len(result.records)))
    rows.append(
        {"case": "every line parsed", "ours ms": every.typical * 1e3, **every.stalls, "MiB over idle": every.memory}
    )
    return rows


async def packed(path: Path, watch: Watch) -> list[dict[str, object]]:
    """One second of the same day in a .gz, asked for the first time and again, beside zcat and grep."""
    rotated = path.with_name("packed.log.1.gz")
    path.with_name("packed.log").touch()
    await program("sh", "-c", f"head -c {PACKED_SIZE} {path} | gzip -6 > {rotated}")
    since = minute(PACKED_SIZE * 720 // SIZE)[0]
    query = LogQuery(lines=100_000, window=Window(since, since + 10**9))
    second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since // 10**9))
    command = f"zcat {rotated} | grep -c -F {second}"
    first, again, theirs, found = Case(), Case(), Case(), 0
    for _ in range(ROUNDS):
        async with LogReader(str(path.with_name("packed.log"))) as reader:
            for case in (first, again):
                found = len((await watch.run(case, partial(reader.read, query))).records)
        await watch.run(theirs, partial(program, "sh", "-c", command))
    for file in (rotated, path.with_name("packed.log")):
        file.unlink()
    cases = {"one second, packed": first, "one second, packed, again": again}
    return [row(name, case, "zcat | grep -c -F", theirs, found) for name, case in cases.items()]


async def other_programs(folder: Path, watch: Watch) -> list[dict[str, object]]:
    """A rare level in the logs of other programs, beside what people search them with."""
    rows = []
    jq = ("jq", "-c", "select(.level==50)")
    cases = (("pino", pino, '"level":50'), ("CRI", cri, '"level":"error"'), ("text", text, " - ERROR - "))
    for name, make, needle in cases:
        path = folder / f"{name}.log"
        write_as(path, SIZE // 4, make)
        query = LogQuery(lines=100_000, level=Level.ERROR, audit=Audit.WITHOUT)
        ours, grep = Case(), Case()
        found = 0
        async with LogReader(str(path)) as reader:
            await reader.read(query)
            for _ in range(ROUNDS):
                found = len((await watch.run(ours, partial(reader.read, query))).records)
                await watch.run(grep, partial(program, "grep", "-c", "-F", needle, str(path)))
        case = f"rare level, {name}"
        rows.append(row(case, ours, f"grep -c -F {needle}", grep, found))
        viewers: dict[str, tuple[str, ...]] = {"jq": jq} if name == "pino" else {}
        # Those that are made for logs are not installed everywhere.
        viewers |= {"hl": ("hl", "-P", "-l", "e"), "lnav": ("lnav", "-n", "-c", ":set-min-log-level error")}
        for viewer, command in viewers.items():
            if shutil.which(viewer):
                theirs = Case()
                # What they print is not to be held here.
                await watch.run(theirs, partial(program, "sh", "-c", f"{shlex.join(command)} {path} | wc -l"))
                rows.append(row(case, ours, " ".join(command), theirs, found))
        path.unlink()
    return rows


def row(case: str, ours: Case, peer: str, theirs: Case, found: int) -> dict[str, object]:
    """One line of the table."""
    return {
        "case": case,
        "ours ms": ours.typical * 1e3,
        "min ms": min(ours.seconds) * 1e3,
        "peer": peer,
        "peer ms": theirs.typical * 1e3,
        "x peer": ours.typical / theirs.typical,
        "found": found,
        **ours.stalls,
        "MiB over idle": ours.memory,
    }


async def follow_ours(writer: Writer, case: Case, watch: Watch) -> None:
    """Follow what a program writes at full speed until its end has come."""

    def is_end(batch: list[Record]) -> bool:
        if any(DROPPED in record for record in batch):
            raise RuntimeError("lines were dropped")
        return any(record.get("msg") == "the end" for record in batch)

    async with LogTailer(str(writer.target)) as tailer, aclosing(tailer.follow_with(LogQuery(lines=1), is_end)) as ends:
        await anext(ends)
        async with writer.running() as begin:

            async def work() -> None:
                begin()
                while not await anext(ends):
                    pass

            await watch.run(case, work)


async def follow_theirs(writer: Writer, case: Case, watch: Watch) -> None:
    """The same with ``tail -F | wc -l``, until tail has read the file to its end."""
    read, write = os.pipe()
    tail = await asyncio.create_subprocess_exec("tail", "-n", "+1", "-F", str(writer.target), stdout=write)
    count = await asyncio.create_subprocess_exec("wc", "-l", stdin=read, stdout=PIPE)
    os.close(read)
    os.close(write)
    async with writer.running() as begin:

        async def work() -> None:
            begin()
            while not writer.is_read_by(tail.pid):  # noqa: ASYNC110 - another program can only be asked
                await asyncio.sleep(0.002)
            tail.terminate()
            await count.communicate()

        await watch.run(case, work)
    await tail.wait()


class Writer:
    """A program that writes ``size`` bytes of the lines of ``source`` to ``target``, ``at_once`` with each write."""

    def __init__(self, source: Path, target: Path, at_once: int) -> None:
        self.target = target
        self.at_once = at_once
        self._command = (sys.executable, "-c", PROGRAM, str(source), str(target), str(FOLLOW_SIZE), str(at_once))
        self._process: asyncio.subprocess.Process | None = None
        self.clear()

    def clear(self) -> None:
        """Begin the file anew."""
        self.target.write_bytes(b'{"msg":"the beginning"}\n')

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Callable[[], None]]:
        """The program, ready; what is given starts it."""
        process = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE)
        self._process = process
        stdin, stdout = process.stdin, process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("no pipes")
        await stdout.readline()
        yield lambda: stdin.write(b"\n")
        await process.communicate()
        self.clear()

    def is_read_by(self, pid: int) -> bool:
        """Whether the program has ended and another one has read all that it wrote."""
        if self._process is None or self._process.returncode is None:
            return False
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if link.readlink() == self.target:
                    info = Path(f"/proc/{pid}/fdinfo/{link.name}").read_text()
                    return int(info.partition("pos:")[2].split()[0]) >= self.target.stat().st_size
        return False


async def following(source: Path, folder: Path, watch: Watch) -> list[dict[str, object]]:
    """Throughput of following, in turn with the peer."""
    rows = []
    for at_once in (1, 64):
        writer = Writer(source, folder / f"followed-{at_once}.log", at_once)
        ours, theirs = Case(), Case()
        for _ in range(min(ROUNDS, 3)):
            await follow_ours(writer, ours, watch)
            await follow_theirs(writer, theirs, watch)
        line = row(f"follow {at_once} lines a write", ours, "tail -F | wc -l", theirs, 0)
        mib = FOLLOW_SIZE / MIB
        rows.append({**line, "ours MiB/s": mib / ours.typical, "peer MiB/s": mib / theirs.typical})
    return rows


async def main() -> None:
    """Make the file, run every case, print and keep the table, leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="corvo-bench-"))
    try:
        path = folder / "day.log"
        lines = write_day(path, SIZE)
        print(f"{path.stat().st_size / MIB:.0f} MiB, {lines} lines, {lines // ERRORS} errors", flush=True)
        watch, idle = Watch(), Case()
        await watch.run(idle, partial(asyncio.sleep, 3))
        rows: list[dict[str, object]] = [{"case": "nothing", **idle.stalls}]
        rows += await searches(path, watch)
        rows += await packed(path, watch)
        rows += await other_programs(folder, watch)
        rows += await following(path, folder, watch)
        publish("logs", rows, "google-re2", "inotify_simple")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    asyncio.run(main())
