from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

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
