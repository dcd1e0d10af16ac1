"""A program of ours serves when it says so, and is gone when it does not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from corvo_agent.errors import Unavailable
from corvo_agent.owned_process import OwnedProcess, say_ready

READY = "from corvo_agent.owned_process import say_ready; import time; say_ready(); time.sleep(60)"


def program(code: str, log: Path) -> OwnedProcess:
    return OwnedProcess(Path(sys.executable), ("-c", code), log)


async def test_it_runs_from_when_it_is_ready_until_it_is_stopped(tmp_path: Path) -> None:
    process = program(READY, tmp_path / "log")
    await process.start()
    assert process.pid
    await process.stop()
    assert process.pid == 0
    await process.stop()


async def test_one_that_ends_at_once_tells_its_last_words(tmp_path: Path) -> None:
    process = program("raise SystemExit('no port is free')", tmp_path / "log")
    with pytest.raises(Unavailable, match="no port is free"):
        await process.start()
    assert process.pid == 0


async def test_one_that_never_serves_is_gone_when_the_time_is_over(tmp_path: Path) -> None:
    process = program("import time; time.sleep(60)", tmp_path / "log")
    with pytest.raises(Unavailable, match="not serving"):
        await process.start(timeout=0.1)
    assert process.pid == 0


def test_without_an_owner_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    say_ready()
