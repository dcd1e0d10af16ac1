"""Flame graphs as pictures."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from corvo_agent.cli.profiles.flame.data import flame_data
from corvo_agent.cli.profiles.flame.svg import change_colour, flame_svg
from corvo_agent.cli.profiles.hot_functions import Measured

from .trees import CPU, VALUES, measured, random_values, stack

_SVG = "{http://www.w3.org/2000/svg}"


def drawn(values: Measured, before: Measured | None = None, title: str = "m") -> dict[str, tuple[float, float, float]]:
    """Left edge, top edge and width of each box by its title."""
    root = ElementTree.fromstring(flame_svg(flame_data(values, title, before)))
    found = {}
    for group in root.iter(f"{_SVG}g"):
        rect = group.find(f"{_SVG}rect")
        assert rect is not None
        found[str(group.findtext(f"{_SVG}title"))] = tuple(float(rect.attrib[key]) for key in ("x", "y", "width"))
    return found  # type: ignore[return-value]


def test_a_box_is_as_wide_as_its_share_and_stands_below_its_caller() -> None:
    found = drawn(VALUES, title="profile of m")
    (left, top, width), *others = found.values()
    assert found == {
        "profile of m: 1.00us, 100.0%": (left, top, width),
        "app.main: 1.00us, 100.0%": (left, others[0][1], width),
        "app.heavy: 700ns, 70.0%": (left, others[1][1], pytest.approx(0.7 * width)),
        "app.light: 200ns, 20.0%": (pytest.approx(left + 0.7 * width), others[1][1], pytest.approx(0.2 * width)),
    }
    assert top < others[0][1] < others[1][1]


def test_names_are_shown_as_far_as_there_is_room_and_do_not_end_what_they_stand_in() -> None:
    svg = flame_svg(flame_data(measured((stack("</title><script/>&", "app.main"), 1)), '"m"'))
    root = ElementTree.fromstring(svg)
    assert {text.text for text in root.iter(f"{_SVG}text")} == {'"m"', "app.main", "</title><script/>&"}
    assert not list(root.iter(f"{_SVG}script"))


def test_a_comparison_says_what_has_changed_and_shows_it_in_colour() -> None:
    found = drawn(measured((stack("a"), 30), (stack("b"), 5)), measured((stack("a"), 10), (stack("b"), 8)))
    assert list(found) == ["m: 35ns, 100.0%, +17ns", "a: 30ns, 85.7%, +20ns", "b: 5ns, 14.3%, -3ns"]
    assert len({change_colour(1, 1), change_colour(2, 1), change_colour(9, 1), change_colour(1, 2)}) == 4


def test_boxes_that_could_not_be_seen_are_left_out() -> None:
    values = measured((stack("wide"), 1_000_000), *((stack(f"narrow{number}"), 1) for number in range(100)))
    assert list(drawn(values)) == ["m: 1.00ms, 100.0%", "wide: 1.00ms, 100.0%"]


def test_an_empty_profile_and_an_endless_recursion_are_drawn() -> None:
    assert list(drawn(Measured(CPU, ()))) == ["m: 0, 0.0%"]
    deep = flame_svg(flame_data(measured((stack("again") * 5000, 1)), "m"))
    assert deep.count("<title>again: ") == 299
    assert "deeper calls are left out" in deep


def test_a_large_profile_is_drawn() -> None:
    assert flame_svg(flame_data(random_values(800, 1), "m")).count("<title>") > 2000
