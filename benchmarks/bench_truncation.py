"""What copytruncate loses: the lines that are written after the copy was made and before the file is truncated.

Nobody can read them anywhere. How long that window is depends on who rotates, how many lines it takes depends on the
writer: a busy one loses lines each time, which is why rotation by rename is better wherever the writer can open its
file anew. Claims: we show every line that is left in any file (and some more: what we saw before it was truncated),
and say each time that lines may be missing. ``tail -F``, beside us on the same file, looks at each write and so sees
more of those that are in no file any more; it says on its stderr alone that the file was truncated.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import aclosing, suppress
from pathlib import Path

from benchmarks.report import publish
from corvo_agent.logs import LogQuery, LogTailer, TailLimits
from corvo_agent.logs.lines.marker import GAP
from corvo_agent.logs.lines.record import Record

ROTATIONS = int(os.environ.get("CORVO_BENCH_ROTATIONS", "10"))
#: Lines a second; 0 is as fast as it can.
RATES = (1_000, 10_000, 0)
_NUMBER = re.compile(rb'^\{"n":"(\d+)",.*\}$', re.MULTILINE)

#: Appends numbered lines, one with each write, so many a second, until there is something on its input.
PROGRAM = """
import os, select, sys, time
out, rate, number = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND), int(sys.argv[2]), 0
begun = time.monotonic()
while not select.select([0], [], [], 0)[0]:
    for _ in range(max(rate // 1000, 1) if rate else 100):
        os.write(out, b'{"n":"%d","level":"info","msg":"%s"}\\n' % (number, b"request served " * 10))
        number += 1
    if rate:
        time.sleep(max(begun + number / rate - time.monotonic(), 0))
print(number, time.monotonic() - begun, flush=True)
"""


class Shown:
    """What our tail has shown."""

    def __init__(self) -> None:
        self.numbers: set[int] = set()
        self.gaps = 0

    def add(self, batch: list[Record]) -> None:
        """Take a batch."""
        self.numbers.update(int(record["n"]) for record in batch if "n" in record)
        self.gaps += sum(GAP in record for record in batch)


async def follow(path: Path, shown: Shown) -> None:
    """Show what comes until cancelled."""
    limits = TailLimits(buffer_bytes=64 << 20)
    query = LogQuery(lines=0)
    async with LogTailer(str(path), tail=limits) as tailer, aclosing(tailer.follow_with(query, shown.add)) as batches:
        async for _ in batches:
            pass


async def rotate(path: Path) -> None:
    """Copy and truncate: logrotate where it is installed, else the two commands that it is made of."""
    if shutil.which("logrotate"):
        config = path.with_suffix(".conf")
        config.write_text(f"{path} {{\n    rotate 100\n    copytruncate\n}}\n")
        config.chmod(0o644)
        state = str(path.with_suffix(".state"))
        process = await asyncio.create_subprocess_exec("logrotate", "--force", "--state", state, str(config))
    else:
        copy = f"{path}.{time.time_ns()}"
        process = await asyncio.create_subprocess_exec("sh", "-c", f"cp {path} {copy} && : > {path}")
    await process.wait()


async def stop(writer: Process) -> tuple[int, float]:
    """How many lines it has written, in how many seconds."""
    said, _ = await writer.communicate(b"stop")
    number, seconds = said.split()
    return int(number), float(seconds)


def numbers_in(files: list[Path]) -> set[int]:
    """The numbers of the whole lines in files."""
    return {int(number) for file in files for number in _NUMBER.findall(file.read_bytes())}


def files_of(path: Path) -> list[Path]:
    """The file and its copies."""
    return list(path.parent.glob(f"{path.name}*"))


async def case(folder: Path, rate: int) -> dict[str, object]:
    """One writer, rotated again and again below both tails."""
    path, shown = folder / "a.log", Shown()
    path.touch()
    tailed = folder / "tailed"
    with tailed.open("wb") as output:
        tail = await asyncio.create_subprocess_exec("tail", "-n", "+1", "-F", str(path), stdout=output, stderr=DEVNULL)
    ours = asyncio.create_task(follow(path, shown))
    command = (sys.executable, "-c", PROGRAM, str(path), str(rate))
    writer = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    for _ in range(ROTATIONS):
        await asyncio.sleep(0.3)
        await rotate(path)
    await asyncio.sleep(0.3)
    written, seconds = await stop(writer)
    await asyncio.sleep(3)
    ours.cancel()
    with suppress(asyncio.CancelledError):
        await ours
    tail.terminate()
    await tail.wait()
    everything = set(range(written))
    left = numbers_in(files_of(path))
    lost = len(everything - left)
    return {
        "lines a second": round(written / seconds),
        "written": written,
        "in no file": lost,
        "window ms": lost / ROTATIONS / (written / seconds) * 1e3,
        "ours missing": len(everything - shown.numbers),
        "ours missing, but in a file": len(left - shown.numbers),
        "gaps stated": shown.gaps,
        "truncations": ROTATIONS,
        "peer": "tail -F",
        "peer missing": len(everything - numbers_in([tailed])),
    }


async def main() -> None:
    """Every rate in a folder of its own; print and keep the table, leave nothing behind."""
    rows = []
    for rate in RATES:
        folder = Path(tempfile.mkdtemp(prefix="corvo-bench-"))
        try:
            rows.append(await case(folder, rate))
        finally:
            shutil.rmtree(folder)
    publish("truncation", rows, "inotify_simple")


if __name__ == "__main__":
    asyncio.run(main())
