"""``corvo demo`` in this process: what it prints, and what its exit code says."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from corvo_agent.cli.commands.run.demo import _check, _play
from corvo_agent.demo import check as module
from corvo_agent.demo.findings import Failed
from corvo_agent.demo.world import NAME, DemoWorld
from tests.profiles.spawn import until
from tests.world.machine import needs

pytestmark = pytest.mark.integration


@needs("python")
async def test_check_tries_everything_and_prints_what_it_saw(capsys: pytest.CaptureFixture[str]) -> None:
    assert await _check() == 0
    shown = capsys.readouterr()
    rows = [line.split("\t") for line in shown.out.splitlines()]
    assert rows[0] == ["WHAT", "HELD", "SEEN"]
    assert [row[0] for row in rows[1:]] == list(module._ATTEMPTS)
    assert {row[1] for row in rows[1:]} == {"yes"}
    assert shown.err.count("ok ") == len(rows) - 1


@needs("python")
async def test_check_fails_when_one_thing_does_not_hold(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(world: DemoWorld) -> str:
        raise Failed("it is broken")

    monkeypatch.setattr(module, "_ATTEMPTS", {"stats over gRPC": module._stats, "something": broken})
    assert await _check() == 1
    shown = capsys.readouterr()
    assert "something\tNO\tit is broken" in shown.out
    assert "FAILED  something" in shown.err


async def test_playing_ends_with_ctrl_c(capsys: pytest.CaptureFixture[str]) -> None:
    playing = asyncio.create_task(_play(0))
    shown = ""

    def waits() -> bool:
        nonlocal shown
        shown += capsys.readouterr().out
        return "Ctrl-C ends it" in shown

    await until(waits)
    assert f" level {NAME} Debug --for 1m" in shown
    assert "etcdctl" in shown
    os.kill(os.getpid(), signal.SIGINT)
    assert await playing == 0
    assert "stopping" in capsys.readouterr().err
