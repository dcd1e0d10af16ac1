"""Tasks that nobody waits for are owned: bounded in number, ended with their owner, their failures seen."""

from __future__ import annotations

import asyncio

import pytest

from corvo_agent.agent.background import Background


async def test_a_failure_is_logged_with_its_name(caplog: pytest.LogCaptureFixture) -> None:
    failed = asyncio.Event()

    async def fail() -> None:
        failed.set()
        raise ValueError("broken")

    background = Background()
    background.start(fail(), "the work")
    await failed.wait()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert "the work failed" in caplog.text
    assert "ValueError: broken" in caplog.text
    await background.aclose()


async def test_closing_cancels_what_runs() -> None:
    ended = asyncio.Event()
    running = asyncio.Event()

    async def work() -> None:
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    background = Background()
    background.start(work(), "the work")
    await running.wait()
    await background.aclose()
    assert ended.is_set()


async def test_too_many_tasks_are_refused(caplog: pytest.LogCaptureFixture) -> None:
    background = Background(limit=1)
    background.start(asyncio.Event().wait(), "first")
    background.start(asyncio.Event().wait(), "second")
    assert "second is not started: 1 tasks run already" in caplog.text
    await background.aclose()
