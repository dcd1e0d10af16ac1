"""py-spy is run within bounds and never left behind; programs that misbehave stand in for it here."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from pathlib import Path

import pytest

from corvo_agent.errors import CorvoError, NotFound, ResourceExhausted, Unsupported
from corvo_agent.profiles.sampling import py_spy_process
from corvo_agent.profiles.sampling.py_spy_process import explain, find_py_spy, run_py_spy

from ..spawn import gone, until

READY = "print('py-spy> Sampling process', flush=True)"
DEAF = f"import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); {READY}; time.sleep(100)"
POLITE = f"""
import os, signal, sys
signal.signal(signal.SIGINT, lambda *_: (os.write(1, b'the end' + bytes([10])), sys.exit(0)))
{READY}
while True: pass
"""


def program(source: str) -> tuple[str, ...]:
    return (sys.executable, "-c", source)


def test_it_is_found_beside_the_interpreter_or_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = find_py_spy()
    assert found is not None
    assert os.access(found, os.X_OK)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_py_spy() is None
    (tmp_path / "py-spy").touch(0o755)
    assert find_py_spy() == str(tmp_path / "py-spy")


async def test_it_is_asked_to_end_and_what_it_says_then_is_heard() -> None:
    async with run_py_spy(program(POLITE), 7) as process:
        await process.started()
        assert not await process.ended_within(0)
        await until(lambda: process.busy_seconds() > 0)
    assert bytes(process.output).endswith(b"the end\n")
    assert process.failure() is None
    assert gone(process.pid)
    assert process.busy_seconds() == 0


async def test_one_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(py_spy_process, "_GRACE", 0.05)
    async with run_py_spy(program(DEAF), 7) as process:
        await process.started()
    assert gone(process.pid)


async def test_when_cancelled_it_is_gone_even_if_cancelled_again_meanwhile() -> None:
    pids: list[int] = []
    started = asyncio.Event()

    async def run() -> None:
        async with run_py_spy(program(DEAF), 7) as process:
            pids.append(process.pid)
            await process.started()
            started.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(run())
    await started.wait()
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gone(pids[0])


def test_a_loop_that_ends_meanwhile_leaves_nothing() -> None:
    pids: list[int] = []

    async def sample(started: asyncio.Event) -> None:
        async with run_py_spy(program(DEAF), 7) as process:
            pids.append(process.pid)
            await process.started()
            started.set()
            await asyncio.Event().wait()

    async def main() -> asyncio.Task[None]:
        started = asyncio.Event()
        task = asyncio.create_task(sample(started))
        await started.wait()
        return task

    # It cancels all tasks at once, those that read included.
    assert asyncio.run(main()).cancelled()
    assert gone(pids[0])
    # What was not closed warns here.
    gc.collect()


async def test_too_much_output_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(py_spy_process, "MAX_OUTPUT", 1000)
    async with run_py_spy(program("while True: print('x' * 100)"), 7) as process:
        await process.started()
        assert await process.ended_within(10)
    assert isinstance(process.failure(), ResourceExhausted)


async def test_a_program_that_fails_is_explained() -> None:
    source = "import sys; sys.exit('Error: Permission Denied: Try running again with elevated permissions')"
    async with run_py_spy(program(source), os.getpid()) as process:
        await process.started()
        assert await process.ended_within(10)
    assert isinstance(process.failure(), Unsupported)


async def test_a_program_that_cannot_be_started_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="no-such-program cannot be started: No such file"):
        async with run_py_spy(("/no-such-program",), 7):
            pass


@pytest.mark.parametrize(
    ("messages", "kind", "text"),
    [
        (b"Error: Permission denied (os error 13)", Unsupported, "reading the memory of process"),
        (b"Error: Operation not permitted", Unsupported, "reading the memory of process"),
        (b"Error: Failed to find python version from target process", Unsupported, "not a running CPython"),
        (b"\nError: something odd\n\nStack backtrace:\n 0: x", Unsupported, "Error: something odd"),
        (b"", Unsupported, "it ended without a word"),
    ],
)
def test_what_it_says_becomes_an_error_of_ours(messages: bytes, kind: type[CorvoError], text: str) -> None:
    error = explain(os.getpid(), messages)
    assert isinstance(error, kind)
    assert text in str(error)


def test_a_process_that_is_gone_is_not_found() -> None:
    assert isinstance(explain(2**22 + 1, b"Error: No such process"), NotFound)
