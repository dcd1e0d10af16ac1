"""Bounded places, bounded time, and work that does not end keeps its place."""

from __future__ import annotations

import asyncio
import gc

import pytest

from corvo_agent.diagnostics.admission import Admission
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.errors import DeadlineExceeded, ResourceExhausted, Unavailable

from .kit import Gate, until

QUERY = DebugQuery("Log")


async def test_one_more_than_there_are_places_is_refused() -> None:
    admission = Admission("queries at once", 2)
    with admission.place(), admission.place():
        assert admission.taken == 2
        with pytest.raises(ResourceExhausted, match=r"^queries at once: at most 2$"), admission.place():
            raise AssertionError("unreachable")
    with admission.place():
        assert admission.taken == 1


async def test_results_and_errors_come_through() -> None:
    async def work(error: Exception | None) -> int:
        if error:
            raise error
        return 7

    admission = Admission("queries at once", 1)
    assert await admission.run(work(None), 5, "query") == 7
    assert await admission.run(work(None), None, "query") == 7
    with pytest.raises(ZeroDivisionError):
        await admission.run(work(ZeroDivisionError()), 5, "query")


async def test_after_its_time_work_is_cancelled() -> None:
    admission, gate = Admission("queries at once", 1), Gate()
    with pytest.raises(DeadlineExceeded, match=r"query Log: no answer within 0.01 s"):
        await admission.run(gate.handle(QUERY), 0.01, "query Log")
    await gate.cancelled.acquire()
    assert admission.taken == 0


async def test_when_its_caller_is_cancelled_work_is() -> None:
    admission, gate = Admission("queries at once", 1), Gate()
    caller = asyncio.create_task(admission.run(gate.handle(QUERY), 60, "query"))
    await gate.entered.acquire()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await gate.cancelled.acquire()


async def test_work_that_ignores_its_cancellation_keeps_its_place_only() -> None:
    admission, gate = Admission("queries at once", 1), Gate(stubborn=True)
    with pytest.raises(DeadlineExceeded), admission.place():
        await admission.run(gate.handle(QUERY), 0.01, "query")
    assert admission.taken == 1
    with pytest.raises(ResourceExhausted), admission.place():
        raise AssertionError("unreachable")
    gate.open.set()
    await until(lambda: not admission.taken)


async def test_work_that_fails_after_its_time_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    go_on = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await go_on.wait()
            raise ZeroDivisionError("oops")

    admission = Admission("queries at once", 1)
    with pytest.raises(DeadlineExceeded):
        await admission.run(work(), 0.01, "query Log")
    go_on.set()
    await until(lambda: not admission.taken)
    gc.collect()
    assert "query Log failed after its end was no longer waited for: ZeroDivisionError('oops')" in caplog.text


async def test_closing_ends_what_runs_and_says_so() -> None:
    admission, gate = Admission("queries at once", 1), Gate()
    caller = asyncio.create_task(admission.run(gate.handle(QUERY), None, "query Log"))
    await gate.entered.acquire()
    await admission.aclose(5)
    with pytest.raises(Unavailable, match=r"query Log is unavailable: it was stopped"):
        await caller
    await admission.aclose(5)


async def test_closing_does_not_wait_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    admission, gate = Admission("queries at once", 1), Gate(stubborn=True)
    caller = asyncio.create_task(admission.run(gate.handle(QUERY), None, "query Log"))
    await gate.entered.acquire()
    await admission.aclose(0.01)
    assert "query Log does not end although it was cancelled" in caplog.text
    gate.open.set()
    await caller
