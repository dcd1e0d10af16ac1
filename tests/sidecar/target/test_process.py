from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from corvo_agent.sidecar.target.process import process_identity, target_of_pid, target_of_pid_file


async def sleeper() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE)


async def end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


async def test_a_process_is_its_number_and_its_start() -> None:
    process = await sleeper()
    identity = process_identity(process.pid)
    assert identity is not None
    assert identity.pid == process.pid
    assert identity == process_identity(process.pid)
    find = target_of_pid(process.pid)
    assert find() == identity
    await end(process)
    assert process_identity(process.pid) is None
    assert find() is None
    assert target_of_pid(process.pid)() is None


def test_a_zombie_does_not_run() -> None:
    # In a child that nobody has waited for yet.
    reader, writer = os.pipe()
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", "exit 0"], {}, file_actions=[(os.POSIX_SPAWN_CLOSE, reader)])
    os.close(writer)
    assert os.read(reader, 1) == b""
    os.close(reader)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert process_identity(pid) is None
    os.waitpid(pid, 0)


async def test_a_name_full_of_parentheses_is_only_a_name(tmp_path: Path) -> None:
    program = tmp_path / ") Z 1 (x"
    program.symlink_to("/bin/cat")
    process = await asyncio.create_subprocess_exec(program, stdin=asyncio.subprocess.PIPE)
    assert process_identity(process.pid) is not None
    await end(process)


async def test_a_pid_file_is_read_each_time(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    find = target_of_pid_file(path)
    assert find() is None
    path.write_text("no number")
    assert find() is None
    for _ in range(2):
        process = await sleeper()
        path.write_text(f"{process.pid}\n")
        assert find() == process_identity(process.pid)
        await end(process)
        assert find() is None


async def test_a_number_that_a_stranger_has_now_is_not_the_one_in_the_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "pid"
    find = target_of_pid_file(path)
    stranger = await sleeper()
    path.write_text(str(stranger.pid))
    assert find() == process_identity(stranger.pid)
    # Written by a process that has ended long ago, whose number went to this one.
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert find() is None
    assert find() is None
    (record,) = caplog.records
    assert "began after the file was written" in record.getMessage()
    await end(stranger)


async def test_a_process_of_another_name_is_a_stranger_to_a_file_that_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    find = target_of_pid_file(path)
    first, namesake = await sleeper(), await sleeper()
    other = await asyncio.create_subprocess_exec("cat", stdin=asyncio.subprocess.PIPE)
    written = time.time_ns()

    def write(process: asyncio.subprocess.Process) -> None:
        path.write_text(str(process.pid))
        # As if nothing had been written, and the number had gone to another process.
        os.utime(path, ns=(written, written))

    write(first)
    assert find() == process_identity(first.pid)
    write(other)
    assert find() is None
    write(namesake)
    assert find() == process_identity(namesake.pid)
    for process in (first, namesake, other):
        await end(process)


async def test_a_process_that_becomes_another_program_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    find = target_of_pid_file(path)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("sh", "-c", "read line; exec cat", stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    path.write_text(str(process.pid))
    assert find() == process_identity(process.pid)
    process.stdin.write(b"go\nhere\n")
    assert await process.stdout.readline() == b"here\n"
    assert find() == process_identity(process.pid)
    await end(process)
