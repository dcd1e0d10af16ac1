"""A worker has the level that its hub asks for, whatever its program has done to its loggers meanwhile."""

from __future__ import annotations

import asyncio
import ctypes  # noqa: F401  # libffi keeps a descriptor from its first use on: before they are counted
import gc
import logging
import os
import subprocess
import sys
import threading
import tracemalloc
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelSource, LevelState
from corvo_agent.stub.messages import pack_level
from corvo_agent.stub.process import WorkerProcess
from corvo_agent.threads import in_thread
from tests.levels.kit import untouched_levels
from tests.stub.kit import PATIENCE, becomes


def test_the_same_level_again_reaches_loggers_that_have_left_it() -> None:
    process = WorkerProcess("app")
    asked = {"t": "level", "seq": 1, "state": pack_level(LevelState(Level.DEBUG, LevelSource.LOG_LEVEL))}
    with untouched_levels():
        process.heard(asked, b"")
        assert logging.root.level == logging.DEBUG
        # As a program that is loaded in a forked child does.
        logging.root.setLevel(logging.INFO)
        process.heard(asked, b"")
        assert logging.root.level == logging.DEBUG
        process.layer.close()
        assert logging.root.level == logging.INFO


def _here() -> tuple[set[str], int, int]:
    threads = {thread.name for thread in threading.enumerate() if "corvo" in thread.name}
    return threads, len(os.listdir("/proc/self/fd")), len(gc.callbacks)


async def test_what_has_been_asked_leaves_nothing_when_it_is_closed() -> None:
    loop, answered = asyncio.get_running_loop(), asyncio.Queue[dict[str, Any]]()
    process = WorkerProcess("app")

    def send(message: dict[str, Any], body: bytes = b"") -> bool:
        loop.call_soon_threadsafe(answered.put_nowait, message)
        return True

    def hear(message: dict[str, Any]) -> None:
        process.heard(message, b"")
        process.heard({"t": "ask", "id": 1, "query": "Stats", "parameters": {}, "timeout": 60.0}, b"")

    process.send = send
    before, factory = _here(), loop.get_task_factory()
    with untouched_levels():
        # As a link does it.
        asked = {"t": "level", "seq": 1, "state": pack_level(LevelState(enable_trace=True))}
        await in_thread(partial(hear, asked), "corvo-test")
        async with asyncio.timeout(PATIENCE):
            while (message := await answered.get())["t"] != "answer":
                pass
        assert "error" not in message
        assert _here() != before
        await in_thread(partial(process.close, PATIENCE), "corvo-test")

    async def is_gone() -> bool:
        return _here() == before and loop.get_task_factory() is factory

    # What runs on this loop ends on it.
    await becomes(is_gone)
    assert not tracemalloc.is_tracing()


class _Strict(logging.Logger):
    """Takes no level while it is strict."""

    strict = False

    def __setattr__(self, name: str, value: object) -> None:
        if name == "level" and self.strict:
            raise RuntimeError("this logger is strict")
        super().__setattr__(name, value)


def test_loggers_that_fail_are_told_and_leave_the_link_alone() -> None:
    process, told = WorkerProcess("app"), list[dict[str, Any]]()

    def send(message: dict[str, Any], body: bytes = b"") -> bool:
        told.append(message)
        return True

    process.send = send
    logger = _Strict("strict")
    with untouched_levels():
        process.heard({"t": "level", "seq": 7, "state": pack_level(LevelState(Level.DEBUG))}, b"")
        logging.root.manager.loggerDict["strict"] = logger
        try:
            logger.setLevel(logging.INFO)
            logger.strict = True
            for strict in (True, True, False):
                logger.strict = strict
                assert process.tick() > 0
        finally:
            logger.strict = False
            process.layer.close()
            del logging.root.manager.loggerDict["strict"]
        assert logger.level == logging.INFO
    faults = [message["fault"] for message in told if message["t"] == "applied" and message["seq"] == 7]
    assert faults == ["", "this logger is strict", ""]


@pytest.mark.parametrize(("program", "said"), [("file", "True"), ("module", "True"), ("text", "False")])
def test_what_a_process_runs_is_known(program: str, said: str, tmp_path: Path) -> None:
    source = "from corvo_agent.stub.process import has_program; print(has_program())"
    (tmp_path / "app.py").write_text(source)
    arguments = {"file": ("app.py",), "module": ("-m", "app"), "text": ("-c", source)}[program]
    # The folder of this project as well, which the tests may run from without being installed.
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = (sys.executable, *arguments)
    output = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout
    assert output == f"{said}\n"
