"""Which engine measures, and what the answer says about it."""

from __future__ import annotations

from typing import Any

import pytest

from corvo_agent.errors import InvalidArgument, Unsupported
from corvo_agent.profiles.kind import ProfileRequest
from corvo_agent.profiles.kinds.cpu import CpuKind
from corvo_agent.profiles.pacing.exclusive import Exclusive
from corvo_agent.profiles.pprof.model import Frame, Profile, Sample
from corvo_agent.profiles.pprof.reader import decode
from corvo_agent.profiles.sampling.engine import Mode, Recording, SamplingOrder


class Engine:
    """Records nothing real; tells with what it was ordered."""

    def __init__(self, name: str, unfit: str = "", refuses: str = "") -> None:
        self.name = name
        self.orders: list[SamplingOrder] = []
        self._unfit = unfit
        self._refuses = refuses

    def unfit(self, order: SamplingOrder) -> str:
        return self._unfit

    async def record(self, order: SamplingOrder) -> Recording:
        self.orders.append(order)
        if self._refuses:
            raise Unsupported(self.name, self._refuses)
        return Recording(self.name, [Sample((Frame("work"),), (1, 5))], 7, 8, 9, 100, 99, 1, 0.5, ("a note",))


async def take(*engines: Engine, seconds: float | None = 2.0, **parameters: str) -> Profile:
    kind = CpuKind(engines, lambda: "app.py", Exclusive("profiles"))
    return decode(await kind.take(ProfileRequest(seconds, parameters)))


async def test_the_first_engine_that_is_fit_is_used_and_the_answer_says_how_it_went() -> None:
    profile = await take(Engine("outside"), Engine("inside"))
    assert profile.comments == (
        "engine: outside, mode: cpu",
        "samples: asked 100, taken 99, errors 1",
        "cost: 0.50 % (budget 2 %)",
        "a note",
    )
    assert [each.type for each in profile.sample_types] == ["samples", "cpu"]
    assert (profile.time_ns, profile.duration_ns, profile.period, profile.program) == (7, 8, 9, "app.py")


@pytest.mark.parametrize("engine", [Engine("outside", unfit="too slow"), Engine("outside", refuses="too slow")])
async def test_when_one_cannot_the_next_does_and_the_answer_says_why(engine: Engine) -> None:
    profile = await take(engine, Engine("inside"))
    assert "engine: inside, mode: cpu" in profile.comments
    assert "not with outside: too slow" in profile.comments


async def test_the_last_one_is_tried_even_when_it_is_not_fit() -> None:
    assert "engine: inside, mode: cpu" in (await take(Engine("inside", unfit="too slow"))).comments


async def test_an_engine_that_is_named_is_used_or_refused() -> None:
    slow = Engine("outside", unfit="too slow")
    assert "engine: outside, mode: cpu" in (await take(slow, Engine("inside"), engine="Outside")).comments
    with pytest.raises(Unsupported, match="a profile in mode gil is not possible here: not with outside: no gil"):
        await take(Engine("outside", refuses="no gil"), Engine("inside"), engine="outside", mode="gil")
    with pytest.raises(InvalidArgument, match="engine: unknown value, got 'perf'; valid: auto, outside"):
        await take(slow, engine="perf")


async def test_the_parameters_become_the_order() -> None:
    engine = Engine("outside")
    profile = await take(engine, hz="250", mode="WALL", budget="5")
    await take(engine, seconds=None)
    assert engine.orders == [SamplingOrder(2.0, 250, Mode.WALL, 5), SamplingOrder(10.0, 100, Mode.CPU, 2)]
    assert profile.default_sample_type == "wall"


@pytest.mark.parametrize("wrong", [{"hz": "0"}, {"hz": "5000"}, {"budget": "0"}, {"mode": "off"}])
async def test_parameters_out_of_bounds_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(wrong))):
        await take(Engine("outside"), **wrong)
