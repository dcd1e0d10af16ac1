"""Everything that was opened is closed, in reverse, within the bound, whatever each part does."""

from __future__ import annotations

import asyncio

import pytest

from corvo_agent.agent.lifetime import Lifetime


class Recorder:
    """A part that writes down its closing, and may fail or hang on the way."""

    def __init__(self, name: str, log: list[str], *, fails: bool = False, hangs: bool = False) -> None:
        self.name = name
        self.log = log
        self.fails = fails
        self.hangs = hangs
        self.closing = asyncio.Event()

    async def __aenter__(self) -> Recorder:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.log.append(self.name)
        self.closing.set()
        if self.fails:
            raise ValueError(self.name)
        if self.hangs:
            await asyncio.Event().wait()


async def test_the_last_one_opened_is_closed_first_and_only_once() -> None:
    log: list[str] = []
    lifetime = Lifetime(5)
    for name in "abc":
        await lifetime.open(Recorder(name, log))
    await lifetime.aclose()
    await lifetime.aclose()
    assert log == ["c", "b", "a"]


async def test_a_part_that_fails_or_hangs_does_not_keep_the_others_open(caplog: pytest.LogCaptureFixture) -> None:
    log: list[str] = []
    lifetime = Lifetime(0.05)
    await lifetime.open(Recorder("a", log))
    await lifetime.open(Recorder("b", log, fails=True))
    await lifetime.open(Recorder("c", log, hangs=True))
    await lifetime.open(Recorder("d", log))
    await lifetime.aclose()
    assert log == ["d", "c", "b", "a"]
    assert "Recorder was cut off" in caplog.text
    assert "Recorder did not close cleanly" in caplog.text


async def test_cancelled_it_still_closes_everything() -> None:
    log: list[str] = []
    lifetime = Lifetime(0.05)
    await lifetime.open(Recorder("a", log))
    hanging = Recorder("b", log, hangs=True)
    await lifetime.open(hanging)
    closing = asyncio.ensure_future(lifetime.aclose())
    await hanging.closing.wait()
    closing.cancel()
    await asyncio.wait({closing})
    assert closing.cancelled()
    assert log == ["b", "a"]
