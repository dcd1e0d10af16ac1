"""A handler is started once, stopped once, not amid an answer, and its failures are told by its own queries only."""

from __future__ import annotations

import asyncio

import pytest

from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.diagnostics.registry import HandlerRegistry
from corvo_agent.errors import DeadlineExceeded, InvalidArgument, InvalidQuery, NotFound, Unavailable

from .kit import Echo, Failing, Gate


async def use(registry: HandlerRegistry, query: str) -> None:
    async with registry.lookup(query).use() as handler:
        await handler.handle(DebugQuery(query))


async def test_a_handler_answers_in_any_case() -> None:
    registry, echo = HandlerRegistry(), Echo()
    registry.register("Log", echo)
    for query in ("Log", "log", "LOG"):
        assert registry.lookup(query).handler is echo
    assert registry.queries == ("Log",)
    assert "Log" in repr(registry)
    assert "Echo" in repr(registry.lookup("log"))


async def test_an_unknown_query_is_named() -> None:
    with pytest.raises(InvalidQuery, match=r"^unknown query: Nope$"):
        HandlerRegistry().lookup("Nope")
    with pytest.raises(InvalidQuery) as caught:
        HandlerRegistry().lookup("x" * 100_000)
    assert len(str(caught.value)) < 200


async def test_what_is_no_handler_is_refused() -> None:
    registry = HandlerRegistry()
    with pytest.raises(InvalidArgument, match=r"query: it has no name"):
        registry.register("", Echo())
    with pytest.raises(InvalidArgument, match=r"handler: it has no start, stop and handle"):
        registry.register("Log", object())  # type: ignore[arg-type]


async def test_started_once_and_stopped_once() -> None:
    registry, echo = HandlerRegistry(), Echo()
    registry.register("Log", echo)
    await registry.start()
    await registry.start()
    await use(registry, "Log")
    await registry.aclose()
    await registry.aclose()
    assert (echo.starts, echo.stops) == (1, 1)


async def test_a_stopped_one_is_started_again_with_all_the_others() -> None:
    registry, echo = HandlerRegistry(), Echo()
    registry.register("Log", echo)
    for life in (1, 2):
        await registry.start()
        await use(registry, "Log")
        await registry.aclose()
        assert (echo.starts, echo.stops) == (life, life)
        with pytest.raises(Unavailable, match=r"handler of Log is unavailable: it is stopped"):
            await use(registry, "Log")


async def test_started_by_the_first_query_and_by_no_other() -> None:
    registry, echo = HandlerRegistry(), Echo()
    registry.register("Log", echo)
    await asyncio.gather(use(registry, "Log"), use(registry, "log"))
    assert echo.starts == 1


async def test_never_started_never_stopped() -> None:
    registry, echo = HandlerRegistry(), Echo()
    registry.register("Log", echo)
    registry.register("Log", Echo())
    await registry.aclose()
    assert (echo.starts, echo.stops) == (0, 0)


async def test_a_replaced_handler_is_stopped_after_its_answers() -> None:
    registry, gate, echo = HandlerRegistry(), Gate(), Echo()
    registry.register("Log", gate)
    query = asyncio.create_task(use(registry, "Log"))
    await gate.entered.acquire()
    registry.register("log", echo)
    await use(registry, "Log")
    assert (gate.stops, echo.starts) == (0, 1)
    gate.open.set()
    await query
    await registry.aclose()
    assert (gate.stops, echo.stops) == (1, 1)


async def test_unregister_stops_and_forgets() -> None:
    registry, echo = HandlerRegistry(), Echo()
    registry.register("Log", echo)
    await registry.start()
    registry.unregister("LOG")
    registry.unregister("LOG")
    with pytest.raises(InvalidQuery):
        registry.lookup("Log")
    await registry.aclose()
    assert echo.stops == 1


async def test_a_handler_that_is_stopped_says_so() -> None:
    registry = HandlerRegistry()
    registry.register("Log", Echo())
    slot = registry.lookup("Log")
    await slot.start()
    await registry.aclose()
    with pytest.raises(Unavailable, match=r"handler of Log is unavailable: it is stopped"):
        async with slot.use():
            raise AssertionError("unreachable")


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (NotFound("log folder", "/x"), NotFound, "log folder /x not found"),
        (ZeroDivisionError("oops"), Unavailable, "handler of Log is unavailable: ZeroDivisionError: oops"),
    ],
)
async def test_a_start_that_fails_is_told_by_each_query(error: Exception, kind: type[Exception], text: str) -> None:
    registry, failing, echo = HandlerRegistry(), Failing(error, "start"), Echo()
    registry.register("Log", failing)
    registry.register("Stats", echo)
    await registry.start()
    for _ in range(2):
        with pytest.raises(kind, match=text):
            await use(registry, "Log")
    await use(registry, "Stats")
    await registry.aclose()
    assert failing.starts == 1


async def test_a_start_that_hangs_is_given_up() -> None:
    class Hanging(Echo):
        async def start(self) -> None:
            await asyncio.Event().wait()

    registry = HandlerRegistry(step_timeout=0.01)
    registry.register("Log", Hanging())
    with pytest.raises(DeadlineExceeded, match=r"handler of Log: no answer within 0.01 s"):
        await use(registry, "Log")


async def test_a_caller_that_leaves_does_not_take_the_start_along() -> None:
    class Slow(Echo):
        entered = asyncio.Event()
        go_on = asyncio.Event()

        async def start(self) -> None:
            self.entered.set()
            await self.go_on.wait()
            await super().start()

    registry, slow = HandlerRegistry(), Slow()
    registry.register("Log", slow)
    first = asyncio.create_task(use(registry, "Log"))
    await slow.entered.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    slow.go_on.set()
    await use(registry, "Log")
    assert slow.starts == 1


async def test_a_stop_that_fails_or_hangs_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    class Hanging(Echo):
        async def stop(self) -> None:
            await asyncio.Event().wait()

    registry, echo = HandlerRegistry(step_timeout=0.01), Echo()
    registry.register("A", Failing(ZeroDivisionError("oops"), "stop"))
    registry.register("B", Hanging())
    registry.register("C", echo)
    await registry.start()
    await registry.aclose()
    assert echo.stops == 1
    assert "handler of A does not stop cleanly" in caplog.text
    assert "handler of B does not stop within 0.01 s" in caplog.text


async def test_a_stop_does_not_wait_for_ever_for_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    registry, gate = HandlerRegistry(step_timeout=0.01), Gate()
    registry.register("Log", gate)
    query = asyncio.create_task(use(registry, "Log"))
    await gate.entered.acquire()
    await registry.aclose()
    assert gate.stops == 1
    assert "handler of Log is stopped in the midst of 1 answers" in caplog.text
    gate.open.set()
    await query
