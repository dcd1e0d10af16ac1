"""Variables computed beside the loop: one that hangs takes nobody along."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator

import pytest

from corvo_agent.diagnostics.handlers.variable_collector import VariableCollector
from corvo_agent.stats import Func, Int
from tests.diagnostics.kit import until


class Door:
    """A variable that answers once it is opened."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()

    def to_json(self) -> str:
        self.entered.set()
        self.opened.wait()
        return '"open"'


@pytest.fixture
def doors() -> Iterator[list[Door]]:
    made = [Door() for _ in range(4)]
    yield made
    for door in made:
        door.opened.set()


async def test_values_come_in_the_order_asked_and_from_another_thread() -> None:
    idents = Func(threading.get_ident)
    texts = await VariableCollector().collect({"b": Int(1), "a": idents, "c": Int(3)})
    assert list(texts) == ["b", "a", "c"]
    assert (texts["b"], texts["c"]) == ("1", "3")
    assert int(texts["a"]) != threading.get_ident()


async def test_nothing_asked_is_nothing_answered() -> None:
    assert await VariableCollector().collect({}) == {}


async def test_one_that_hangs_is_named_and_the_others_are_answered(doors: list[Door]) -> None:
    collector = VariableCollector(patience=0.02)
    texts = await collector.collect({"a": Int(1), "stuck": doors[0], "b": Int(2), "late": doors[1], "c": Int(3)})
    assert (texts["a"], texts["b"], texts["c"]) == ("1", "2", "3")
    assert json.loads(texts["stuck"]) == json.loads(texts["late"]) == {"error": "no answer within 0.02 s"}
    assert collector.stuck == {"stuck", "late"}


async def test_one_that_hangs_is_asked_again_when_it_has_come_back(doors: list[Door]) -> None:
    collector = VariableCollector(patience=0.02)
    await collector.collect({"door": doors[0]})
    assert "still busy" in (await collector.collect({"door": doors[0], "a": Int(1)}))["door"]
    doors[0].opened.set()
    await until(lambda: not collector.stuck)
    assert await collector.collect({"door": doors[0]}) == {"door": '"open"'}


async def test_when_every_thread_hangs_the_rest_says_so(doors: list[Door]) -> None:
    collector = VariableCollector(patience=0.02, threads=2)
    texts = await collector.collect({"a": doors[0], "b": doors[1], "c": Int(1), "d": Int(2)})
    assert "no answer" in texts["a"]
    assert "no answer" in texts["b"]
    assert "at most 2" in texts["c"]
    assert "at most 2" in texts["d"]


async def test_a_cancelled_question_leaves_its_thread_alone(doors: list[Door]) -> None:
    collector = VariableCollector(patience=60)
    asking = asyncio.create_task(collector.collect({"door": doors[0], "a": Int(1)}))
    await asyncio.to_thread(doors[0].entered.wait)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert collector.stuck == {"door"}
    doors[0].opened.set()
    await until(lambda: not collector.stuck)


async def test_the_loop_goes_on_meanwhile(doors: list[Door]) -> None:
    gathering = asyncio.create_task(VariableCollector(patience=60).collect({"door": doors[0]}))
    await asyncio.to_thread(doors[0].entered.wait)
    assert not gathering.done()
    doors[0].opened.set()
    assert await gathering == {"door": '"open"'}
