"""The profile as a value."""

from __future__ import annotations

import pytest

from corvo_agent.profiles.pprof.model import Frame, Profile, Sample, ValueType


def test_a_total_adds_one_column() -> None:
    stack = (Frame("app.work"),)
    types = (ValueType("samples", "count"), ValueType("cpu", "nanoseconds"))
    profile = Profile(types, [Sample(stack, (1, 10)), Sample(stack, (2, 30))])
    assert (profile.total("samples"), profile.total("cpu")) == (3, 40)
    with pytest.raises(ValueError, match=r"not in list"):
        profile.total("wall")
