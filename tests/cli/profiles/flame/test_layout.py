"""Where boxes lie, what they are called, and their colours."""

from __future__ import annotations

import pytest

from corvo_agent.cli.profiles.flame.data import flame_data
from corvo_agent.cli.profiles.flame.layout import boxes, hue, shorten

from .trees import VALUES, measured, random_values, stack


def test_a_box_is_as_wide_as_its_share_and_stands_below_its_caller() -> None:
    found = boxes(flame_data(VALUES, "m"))
    assert [(box.depth, box.left, box.width) for box in found] == [
        (0, 0, 1000),
        (1, 0, 1000),
        (2, 0, 700),
        (2, 700, 200),
    ]


@pytest.mark.parametrize("seed", [None, 5])
def test_boxes_of_a_row_do_not_overlap_and_lie_below_their_callers(seed: int | None) -> None:
    before = None if seed is None else random_values(150, seed)
    data = flame_data(random_values(200, 4), "m", before)
    found = boxes(data)
    rows: dict[int, int] = {}
    for box in found:
        assert box.left >= rows.get(box.depth, 0)
        rows[box.depth] = box.left + box.width
        parent = data.nodes[box.node].parent
        if parent >= 0:
            above = found[parent]
            assert box.depth == above.depth + 1
            assert above.left <= box.left <= box.left + box.width <= above.left + above.width


def test_what_is_gone_is_as_wide_as_it_was() -> None:
    data = flame_data(measured((stack("new"), 3)), "m", measured((stack("gone"), 5)))
    assert [(box.left, box.width) for box in boxes(data)] == [(0, 8), (0, 5), (5, 3)]


@pytest.mark.parametrize(
    ("name", "letters", "text"),
    [
        ("shop.views.View.get", 19, "shop.views.View.get"),
        ("shop.views.View.get", 18, "\u2026views.View.get"),
        ("shop.views.View.get", 9, "\u2026View.get"),
        ("shop.views.View.get", 5, "\u2026get"),
        ("shop.views.View.get", 3, ""),
        ("github.com/acme/shop.Handle", 14, "\u2026shop.Handle"),
        ("a_function_with_a_long_name", 8, "a_funct\u2026"),
        ("", 0, ""),
        ("ends.", 4, ""),
    ],
)
def test_the_method_stays_longest(name: str, letters: int, text: str) -> None:
    assert shorten(name, letters) == text
    assert len(text) <= letters


def test_functions_of_one_module_have_one_colour() -> None:
    assert hue("shop.views.get") == hue("shop.views.post") != hue("shop.model.get")
    assert all(0 <= hue(name) < 360 for name in ("", "x", "\U0001f600.y", "\ud800.z"))
