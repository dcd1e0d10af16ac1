"""A profile as a tree of calls."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.cli.profiles.flame.data import DEEPEST, FlameNode, flame_data
from corvo_agent.cli.profiles.hot_functions import Measured
from corvo_agent.profiles.pprof.model import Frame

from .trees import CPU, VALUES, measured, stack


def test_a_node_has_its_own_value_and_that_of_what_it_called() -> None:
    data = flame_data(VALUES, "profile of m")
    assert data.functions == (("app.main", ""), ("app.light", ""), ("app.heavy", ""))
    assert data.nodes == (
        FlameNode(-1, -1, 1000, 0),
        FlameNode(0, 0, 1000, 0),
        FlameNode(1, 2, 700, 0),
        FlameNode(1, 1, 200, 0),
    )
    assert (data.title, data.type, data.unit, data.is_diff) == ("profile of m", "cpu", "nanoseconds", False)


def test_functions_of_one_name_in_two_files_are_two() -> None:
    frames = (Frame("views.get", "/srv/orders/views.py", 3), Frame("views.get", "/srv/users/views.py", 5))
    data = flame_data(measured(*(((frame,), 10) for frame in frames)), "m")
    assert [node.value for node in data.nodes] == [20, 10, 10]


def test_a_comparison_keeps_what_is_gone() -> None:
    data = flame_data(measured((stack("new"), 3)), "m", measured((stack("gone"), 5)))
    assert data.is_diff
    assert [data.functions[node.function] for node in data.nodes[1:]] == [("gone", ""), ("new", "")]
    assert [(node.value, node.before) for node in data.nodes] == [(3, 5), (0, 5), (3, 0)]


def test_names_lose_what_a_terminal_or_a_page_would_obey() -> None:
    data = flame_data(measured((stack("\x1b[2J", "a\u202eb"), 1)), "\x07m")
    assert data.functions == (("a\\u202eb", ""), ("\\x1b[2J", ""))
    assert data.title == "\\x07m"


def test_a_recursion_ends() -> None:
    data = flame_data(measured((stack("again") * 5000, 1)), "m")
    assert len(data.nodes) == DEEPEST + 2
    assert data.nodes[-1].value == 1
    assert data.functions[data.nodes[-1].function] == ("[deeper frames left out]", "")


@given(st.lists(st.tuples(st.lists(st.sampled_from("abcd"), max_size=6), st.integers(-5, 50)), max_size=30))
def test_callers_come_before_what_they_call_and_no_value_is_lost(stacks: list[tuple[list[str], int]]) -> None:
    data = flame_data(Measured(CPU, tuple((stack(*names), value) for names, value in stacks)), "m")
    assert data.nodes[0].value == sum(abs(value) for _, value in stacks)
    assert all(node.parent < number for number, node in enumerate(data.nodes))
    called = [0] * len(data.nodes)
    for node in data.nodes[1:]:
        called[node.parent] += node.value
    assert all(node.value >= below for node, below in zip(data.nodes, called, strict=True))
