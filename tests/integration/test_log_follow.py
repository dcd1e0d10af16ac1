"""Following logs that other processes write at full speed and rotate: nothing lost, nothing twice, in order."""

from __future__ import annotations

import asyncio
import os
import shutil
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from corvo_agent.logs.limits import TailLimits
from corvo_agent.logs.lines.marker import CURSOR, GAP, is_marker
from corvo_agent.logs.lines.record import Record
from corvo_agent.logs.search.query import LogQuery
from corvo_agent.logs.tail.tailer import LogTailer
from tests.integration.log_writers import RENAMING, REOPENING, ROTATING, writer

pytestmark = pytest.mark.integration

LOGROTATE = shutil.which("logrotate", path=f"{os.environ['PATH']}:/usr/sbin")
# A package of the system, not of Python; the same without it is proved in tests/logs/test_follower.py.
needs_logrotate = pytest.mark.skipif(LOGROTATE is None, reason="logrotate is not installed: apt install logrotate")
MILLION = 1_000_000


@dataclass
class Seen:
    """What a tail showed: how many lines, how they follow each other, and what was remarked."""

    lines: int = 0
    last: int = -1
    lost: int = 0
    repeated: int = 0
    remarks: list[Record] = field(default_factory=list)
    numbers: set[int] = field(default_factory=set, compare=False)

    def add(self, records: list[Record]) -> None:
        for record in records:
            if is_marker(record):
                if CURSOR not in record:
                    self.remarks.append(record)
                continue
            number = int(record["n"])
            self.lines += 1
            self.numbers.add(number)
            self.lost += max(number - self.last - 1, 0)
            self.repeated += number <= self.last
            self.last = max(self.last, number)


def begin(path: Path) -> None:
    path.write_bytes(b'{"n":"-1"}\n')


def beyond(number: int) -> Callable[[Seen], bool]:
    return lambda seen: seen.last > number


def files(folder: Path) -> int:
    return len(list(folder.iterdir()))


@asynccontextmanager
async def following(path: Path) -> AsyncIterator[tuple[Seen, Callable[[Callable[[Seen], bool]], Awaitable[None]]]]:
    """A tail of ``path`` that has begun: what it saw, and how to wait until it saw enough."""
    begin(path)
    seen = Seen()
    # A reader that is not given the processor for a while is not what these tests are about.
    tail = TailLimits(buffer_bytes=256 << 20)
    async with (
        LogTailer(str(path), tail=tail) as tailer,
        aclosing(tailer.follow_with(LogQuery(lines=1), seen.add)) as batches,
    ):
        await anext(batches)
        seen.lines, seen.repeated = 0, 0

        async def until(condition: Callable[[Seen], bool]) -> None:
            while not condition(seen):
                await asyncio.wait_for(anext(batches), 60)

        yield seen, until


async def test_a_million_lines_over_twenty_rotations(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    async with following(path) as (seen, until), writer(RENAMING, path, MILLION, 20) as process:
        await until(lambda seen: seen.last == MILLION - 1)
        assert await process.wait() == 0
    assert seen == Seen(MILLION, MILLION - 1)
    assert files(tmp_path) == 21


@pytest.mark.parametrize(("kind", "lines", "rotations"), [("size", 20_000, 8), ("time", 5_000, 1)])
async def test_the_rotating_handlers_of_the_standard_library(
    tmp_path: Path, kind: str, lines: int, rotations: int
) -> None:
    path = tmp_path / "a.log"
    async with following(path) as (seen, until), writer(ROTATING, path, lines, kind) as process:
        await until(lambda seen: seen.last == lines - 1)
        assert await process.wait() == 0
    assert seen == Seen(lines, lines - 1)
    assert files(tmp_path) > rotations


def configure(path: Path, options: tuple[str, ...]) -> list[str]:
    """The command that has logrotate rotate ``path`` now."""
    config, state = path.with_suffix(".conf"), path.with_suffix(".state")
    lines = "".join(f"    {option}\n" for option in ("rotate 50", *options))
    config.write_text(f"{path} {{\n{lines}}}\n")
    config.chmod(0o644)
    return [str(LOGROTATE), "--force", "--state", str(state), str(config)]


def left_in(path: Path) -> set[int]:
    """The numbers of the lines that are in any file of the log."""
    parts = [file.read_bytes().rpartition(b"\n")[0].split(b"\n") for file in path.parent.glob(f"{path.name}*")]
    return {int(orjson.loads(line)["n"]) for part in parts for line in part if line} - {-1}


async def rotate(path: Path, *options: str) -> None:
    process = await asyncio.create_subprocess_exec(*configure(path, options))
    assert await process.wait() == 0


async def tell(process: Process, word: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(word)
    await process.stdin.drain()


async def stop(process: Process) -> int:
    """Have the writer stop; how many lines it wrote."""
    await tell(process, b"s")
    assert process.stdout is not None
    return int(await process.stdout.readline())


@pytest.mark.parametrize("options", [("create 0644",), ("create 0644", "compress", "delaycompress")])
@needs_logrotate
async def test_logrotate_by_rename(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = tmp_path / "a.log"
    async with following(path) as (seen, until), writer(REOPENING, path) as process:
        for _ in range(4):
            await until(beyond(seen.last + 500))
            await rotate(path, *options)
            await tell(process, b"r")
        written = await stop(process)
        await until(lambda seen: seen.last == written - 1)
    assert seen == Seen(written, written - 1)


@needs_logrotate
async def test_logrotate_by_copy_and_truncation(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    async with following(path) as (seen, until), writer(REOPENING, path) as process:
        for _ in range(4):
            await until(beyond(seen.last + 500))
            await rotate(path, "copytruncate")
        # Or its very last line might be one of those that are lost.
        await until(beyond(seen.last + 500))
        written = await stop(process)
        await until(lambda seen: seen.last == written - 1)
    # Written between copy and truncation: in no file any more, and said to be lost. Nothing else is missing.
    assert seen.repeated == 0
    assert left_in(path) <= seen.numbers
    assert seen.lines + seen.lost == written
    assert [remark[GAP] for remark in seen.remarks] == ["truncated"] * 4
