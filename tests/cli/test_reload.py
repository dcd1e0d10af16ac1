"""SIGHUP reads again as often as it comes, and what is wrong is told and ends nothing."""

from __future__ import annotations

import asyncio

import pytest

from corvo_agent.cli.reload import reload_when_asked
from corvo_agent.errors import ConfigError
from corvo_agent.settings.own_log import OwnLogSettings
from corvo_agent.tasks import end_task


async def test_it_goes_on_after_what_is_wrong(capfd: pytest.CaptureFixture[str]) -> None:
    asked, done = asyncio.Event(), asyncio.Semaphore(0)
    outcomes = iter([None, ConfigError("token-file", "/t", "holds no token"), None])

    async def reload() -> None:
        done.release()
        if (error := next(outcomes)) is not None:
            raise error

    task = asyncio.create_task(reload_when_asked(asked, reload, OwnLogSettings(own_log_format="text")))
    for _ in range(3):
        asked.set()
        await done.acquire()
    await end_task(task)
    read, stay, again = capfd.readouterr().err.splitlines()
    assert "certificates and passwords were read again" in read
    assert "stay as they were: token-file: holds no token" in stay
    assert read == again
