"""A recording becomes a profile that says how it was made, whichever engine made it."""

from __future__ import annotations

import pytest

from corvo_agent.profiles.pprof.encoder import encode
from corvo_agent.profiles.pprof.model import Frame, Sample, ValueType
from corvo_agent.profiles.pprof.reader import decode
from corvo_agent.profiles.sampling.engine import Mode, Recording, SamplingOrder, cpu_profile

RECORDING = Recording(
    engine="builtin",
    samples=[Sample((Frame("a.f", "a.py", 3),), (2, 20_000_000))],
    time_ns=1_700_000_000_000_000_000,
    duration_ns=1_000_000_000,
    period_ns=10_000_000,
    asked=100,
    taken=98,
    errors=1,
    cost=1.234,
    notes=("one thread was hidden",),
    # Of 400 looks, each worth a four-hundredth.
    spread=400 * 50_000**2,
    doubted=200_000,
)


@pytest.mark.parametrize(("mode", "unit"), [(Mode.CPU, "cpu"), (Mode.GIL, "cpu"), (Mode.WALL, "wall")])
def test_the_values_are_samples_and_nanoseconds_of_what_was_sampled(mode: Mode, unit: str) -> None:
    profile = cpu_profile(RECORDING, SamplingOrder(1.0, mode=mode), "svc")
    time = ValueType(unit, "nanoseconds")
    assert profile.sample_types == (ValueType("samples", "count"), time)
    assert (profile.period_type, profile.default_sample_type) == (time, unit)
    assert (profile.period, profile.time_ns, profile.duration_ns) == (10_000_000, RECORDING.time_ns, 1_000_000_000)


def test_the_comments_say_how_it_was_made() -> None:
    profile = cpu_profile(RECORDING, SamplingOrder(1.0, budget=5), "svc", notes=("lowered to 50 Hz",))
    assert profile.comments == (
        "engine: builtin, mode: cpu",
        "samples: asked 100, taken 98, errors 1",
        # 1.96 * sqrt(1 / 4 / 400) of all, and one hundredth.
        "shares are within 5.9 points of the truth in 19 of 20 such profiles, by 2 looks at threads",
        "cost: 1.23 % (budget 5 %)",
        "lowered to 50 Hz",
        "one thread was hidden",
    )


def test_it_is_read_back_as_it_was() -> None:
    profile = cpu_profile(RECORDING, SamplingOrder(1.0), "svc")
    found = decode(encode(profile))
    assert (found.sample_types, found.comments, found.period) == (
        profile.sample_types,
        profile.comments,
        profile.period,
    )
    assert [(sample.stack[0].function, sample.values) for sample in found.samples] == [("a.f", (2, 20_000_000))]
