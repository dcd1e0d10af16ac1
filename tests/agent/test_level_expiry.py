"""One Module at a time is told, until it was heard, and the newest one."""

from __future__ import annotations

import asyncio
import logging

import pytest

from corvo_agent.agent.level_expiry import ExpiryNotice
from corvo_agent.modules.model import Module

FIRST, SECOND = Module().with_meta(name="first"), Module().with_meta(name="second")
PATIENCE = 60.0


class Listener:
    """Hears of Modules, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.heard: list[str] = []
        self.failures = failures

    def __call__(self, module: Module) -> None:
        self.heard.append(module.name)
        if self.failures:
            self.failures -= 1
            raise OSError("away")


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


async def test_nothing_is_told_while_there_is_nothing() -> None:
    listener = Listener()
    notice = ExpiryNotice(listener, PATIENCE)
    assert not notice.pending
    await notice.tell()
    assert listener.heard == []


async def test_the_same_module_is_told_once() -> None:
    listener = Listener()
    notice = ExpiryNotice(listener, PATIENCE)
    notice.put(FIRST)
    assert notice.pending
    await notice.tell()
    assert not notice.pending
    notice.put(FIRST)
    await notice.tell()
    assert listener.heard == ["first"]


async def test_the_newest_one_takes_the_place_of_one_that_waits() -> None:
    listener = Listener()
    notice = ExpiryNotice(listener, PATIENCE)
    notice.put(FIRST)
    notice.put(SECOND)
    await notice.tell()
    assert listener.heard == ["second"]


async def test_what_was_taken_back_is_not_told() -> None:
    listener = Listener()
    notice = ExpiryNotice(listener, PATIENCE)
    notice.put(FIRST)
    notice.put(None)
    assert not notice.pending
    await notice.tell()
    assert listener.heard == []


async def test_a_failure_is_told_again_and_warned_about_once_for_each_module(caplog: pytest.LogCaptureFixture) -> None:
    listener = Listener(failures=2)
    notice = ExpiryNotice(listener, PATIENCE)
    notice.put(FIRST)
    await notice.tell()
    await notice.tell()
    assert notice.pending
    assert [text.split(":")[0] for text in warnings(caplog)] == [
        "the ended override of first is still in its object, trying again"
    ]
    await notice.tell()
    assert not notice.pending
    listener.failures = 1
    notice.put(SECOND)
    await notice.tell()
    assert len(warnings(caplog)) == 2
    assert listener.heard == ["first", "first", "first", "second"]


async def test_a_call_that_takes_too_long_is_cut_off_and_made_again(caplog: pytest.LogCaptureFixture) -> None:
    cut_off = []

    async def hang(module: Module) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cut_off.append(module.name)

    notice = ExpiryNotice(hang, 0.001)
    notice.put(FIRST)
    await notice.tell()
    assert cut_off == ["first"]
    assert notice.pending
    assert "TimeoutError" in caplog.text


async def test_what_comes_while_it_is_told_is_told_next() -> None:
    heard: list[str] = []

    async def listen(module: Module) -> None:
        heard.append(module.name)
        notice.put(SECOND)

    notice = ExpiryNotice(listen, PATIENCE)
    notice.put(FIRST)
    await notice.tell()
    assert notice.pending
    await notice.tell()
    assert not notice.pending
    assert heard == ["first", "second"]


async def test_a_call_that_is_cancelled_counts_as_not_heard() -> None:
    began = asyncio.Event()

    async def hang(module: Module) -> None:
        began.set()
        await asyncio.Event().wait()

    notice = ExpiryNotice(hang, PATIENCE)
    notice.put(FIRST)
    telling = asyncio.create_task(notice.tell())
    await began.wait()
    telling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await telling
    assert notice.pending
