"""Signals of programs that stay, with real signals."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from corvo_agent.signals import end_signals, run_until_signal


@pytest.fixture
def hung_up() -> Iterator[None]:
    """SIGHUP is not ignored, as it is where the tests themselves run under ``nohup``."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.usefixtures("hung_up")
async def test_the_first_signal_asks_once(number: signal.Signals) -> None:
    asked = asyncio.Event()
    with end_signals(asked.set):
        os.kill(os.getpid(), number)
        await asked.wait()
    assert signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler)


async def test_each_sighup_asks_again() -> None:
    asked, ended = asyncio.Semaphore(0), asyncio.Event()
    with end_signals(ended.set, reload=asked.release):
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGHUP)
            await asked.acquire()
    assert not ended.is_set()


async def test_a_sighup_that_was_ignored_from_the_start_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        asked = asyncio.Event()
        with end_signals(asked.set):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            await asked.wait()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


async def test_work_is_cancelled_by_a_signal() -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    running = asyncio.create_task(run_until_signal(work()))
    await started.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    await running
    assert ended.is_set()


async def test_work_ends_with_the_one_who_waits_for_it() -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    running = asyncio.create_task(run_until_signal(work()))
    await started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended.is_set()


async def test_what_work_raises_comes_out() -> None:
    async def work() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        await run_until_signal(work())


@pytest.mark.usefixtures("hung_up")
@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_second_signal_ends_it_on_the_spot(second: signal.Signals) -> None:
    code = """if True:
        import asyncio, sys
        from corvo_agent.signals import end_signals

        async def main():
            with end_signals(lambda: print("asked", flush=True)):
                print("ready", flush=True)
                await asyncio.Event().wait()

        asyncio.run(main())
    """
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "asked\n"
        process.send_signal(second)
        assert process.wait(30) == 128 + second
