"""Following a log that the logrotate of the machine rotates, by renaming and by copying and truncating."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from corvo_agent.logs.lines.marker import GAP
from tests.integration.log_followed import Seen, beyond, following
from tests.integration.log_writers import REOPENING, writer
from tests.world.machine import needs, program

pytestmark = needs("logrotate")


def configure(path: Path, options: tuple[str, ...]) -> list[str]:
    """The command that has logrotate rotate ``path`` now."""
    config, state = path.with_suffix(".conf"), path.with_suffix(".state")
    lines = "".join(f"    {option}\n" for option in ("rotate 50", *options))
    config.write_text(f"{path} {{\n{lines}}}\n")
    config.chmod(0o644)
    return [str(program("logrotate")), "--force", "--state", str(state), str(config)]


def left_in(path: Path) -> set[int]:
    """The numbers of the lines that are in any file of the log."""
    parts = [file.read_bytes().rpartition(b"\n")[0].split(b"\n") for file in path.parent.glob(f"{path.name}*")]
    return {int(orjson.loads(line)["n"]) for part in parts for line in part if line} - {-1}


async def rotate(path: Path, *options: str) -> None:
    process = await asyncio.create_subprocess_exec(*configure(path, options))
    assert await process.wait() == 0


async def tell(process: Process, word: bytes) -> int:
    """Have the writer open its file anew, "r", or stop, "s"; how many lines it had written when it did so."""
    assert process.stdin is not None
    process.stdin.write(word)
    await process.stdin.drain()
    assert process.stdout is not None
    return int(await process.stdout.readline())


def told_of(truncations: int) -> Callable[[Seen], bool]:
    return lambda seen: len(seen.remarks) == truncations


@pytest.mark.parametrize("options", [("create 0644",), ("create 0644", "compress", "delaycompress")])
async def test_logrotate_by_rename(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = tmp_path / "a.log"
    async with following(path) as (seen, until), writer(REOPENING, path) as process:
        for _ in range(4):
            await until(beyond(seen.last + 500))
            await rotate(path, *options)
            # What was written until then is in the file that was renamed, and would be lost were it packed before.
            await until(beyond(await tell(process, b"r")))
        written = await tell(process, b"s")
        await until(lambda seen: seen.last == written - 1)
    assert seen == Seen(written, written - 1)


async def test_logrotate_by_copy_and_truncation(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    async with following(path) as (seen, until), writer(REOPENING, path) as process:
        for number in range(4):
            await until(beyond(seen.last + 500))
            await rotate(path, "copytruncate")
            # Two that follow each other before anything is read between them are one to be told of.
            await until(told_of(number + 1))
        # Or its very last line might be one of those that are lost.
        await until(beyond(seen.last + 500))
        written = await tell(process, b"s")
        await until(lambda seen: seen.last == written - 1)
    # Written between copy and truncation: in no file any more, and said to be lost. Nothing else is missing.
    assert seen.repeated == 0
    assert left_in(path) <= seen.numbers
    assert seen.lines + seen.lost == written
    assert [remark[GAP] for remark in seen.remarks] == ["truncated"] * 4
