"""Flat and cumulative values are those of go tool pprof."""

from __future__ import annotations

from pathlib import Path

import pytest

from corvo_agent.cli.profiles.hot_functions import HotFunction, Measured, difference, measured
from corvo_agent.errors import InvalidArgument
from corvo_agent.profiles.pprof.encoder import encode
from corvo_agent.profiles.pprof.model import Frame, Profile, Sample, ValueType
from tests.integration.go_tools import pprof

COUNT, CPU = ValueType("samples", "count"), ValueType("cpu", "nanoseconds")


def stack(*names: str) -> tuple[Frame, ...]:
    return tuple(Frame(name) for name in names)


PROFILE = Profile(
    (COUNT, CPU),
    [
        Sample(stack("leaf", "middle", "root"), (1, 600)),
        Sample(stack("middle", "root"), (2, 300)),
        # Recursion: a function counts once for each stack that it is in.
        Sample(stack("leaf", "leaf", "leaf", "other"), (3, 100)),
        Sample(stack("never"), (0, 0)),
        Sample((), (1, 50)),
    ],
    default_sample_type="cpu",
)


def test_flat_is_the_leaf_and_cumulative_the_stack() -> None:
    values = measured(PROFILE)
    assert values.hottest(10) == [
        HotFunction("leaf", "", 0, 700, 700),
        HotFunction("middle", "", 0, 300, 900),
        HotFunction("root", "", 0, 0, 900),
        HotFunction("other", "", 0, 0, 100),
    ]
    assert (values.total, values.share(700), values.text(1_250_000_000)) == (1050, "66.7%", "1.25s")
    assert len(values.hottest(2)) == 2


def test_functions_of_one_name_in_two_files_stay_apart_with_the_line_that_took_most() -> None:
    orders, users = "/srv/orders/views.py", "/srv/users/views.py"
    spent = [(orders, 3, 10), (orders, 4, 25), (users, 3, 30)]
    values = Measured(CPU, tuple(((Frame("views.get", file, line),), value) for file, line, value in spent))
    assert values.hottest(10) == [
        HotFunction("views.get", orders, 4, 35, 35),
        HotFunction("views.get", users, 3, 30, 30),
    ]
    assert [each.place for each in values.hottest(10)] == [f"{orders}:4", f"{users}:3"]
    assert [HotFunction("f", file, 0, 1, 1).place for file in ("libc.so", "")] == ["libc.so", ""]


def test_another_sample_type_may_be_wanted() -> None:
    assert measured(PROFILE, "samples").hottest(1) == [HotFunction("leaf", "", 0, 4, 4)]
    assert measured(Profile((COUNT, CPU))).type == CPU
    with pytest.raises(InvalidArgument, match="--sample-type: not in this profile, got 'wall'; valid: samples, cpu"):
        measured(PROFILE, "wall")


def test_what_became_less_counts_as_much_as_what_became_more() -> None:
    grown = Measured(ValueType("inuse_space", "bytes"), ((stack("a"), 10), (stack("b"), -30)))
    assert grown.hottest(2) == [HotFunction("b", "", 0, -30, -30), HotFunction("a", "", 0, 10, 10)]
    assert (grown.share(-30), grown.text(-2048)) == ("-75.0%", "-2.00kB")
    assert Measured(CPU, ()).share(0) == "0.0%"


def test_a_difference_is_what_became_more_and_less() -> None:
    old = Measured(CPU, ((stack("a"), 10), (stack("b"), 30), (stack("c"), 5)))
    new = Measured(CPU, ((stack("a"), 15), (stack("a"), 5), (stack("b"), 10), (stack("c"), 5), (stack("d"), 1)))
    assert difference(new, old) == Measured(CPU, ((stack("a"), 10), (stack("b"), -20), (stack("d"), 1)))


def test_functions_can_be_hidden_and_what_they_spent_is_known() -> None:
    samples = ((stack("own.f", "app.g"), 10), (stack("app.g", "own.h"), 1))
    values = Measured(CPU, samples, lambda name: name.startswith("own."))
    assert [each.name for each in values.hottest(10)] == ["app.g"]
    assert len(values.hottest(10, everything=True)) == 3
    assert values.own == 10


@pytest.mark.integration
def test_gos_own_tool_says_the_same(tmp_path: Path) -> None:
    report = pprof(tmp_path, encode(PROFILE), "-top", "-nodefraction=0", "-unit=ns")
    rows = [line.split() for line in report.splitlines() if line.endswith(("leaf", "middle", "root", "other"))]
    told = {row[-1]: (row[0], row[3]) for row in rows}
    for each in measured(PROFILE).hottest(10):
        assert told[each.name] == tuple("0" if value == 0 else f"{value}ns" for value in (each.flat, each.cumulative))
