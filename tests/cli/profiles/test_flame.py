"""Flame graphs: each box as wide as its share, as a file that needs nothing else."""

from __future__ import annotations

import builtins
import random
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from corvo_agent.cli.profiles.flame import check_flame, flame_graph
from corvo_agent.cli.profiles.hot_functions import Measured
from corvo_agent.errors import InvalidArgument, Unsupported
from corvo_agent.profiles.pprof.model import Frame, Stack, ValueType

CPU = ValueType("cpu", "nanoseconds")
# Leaf first, as profiles have it.


def stack(*names: str) -> Stack:
    return tuple(map(Frame, names))


VALUES = Measured(
    CPU, ((stack("app.heavy", "app.main"), 700), (stack("app.light", "app.main"), 200), (stack("app.main"), 100))
)


def boxes(svg: str) -> dict[str, tuple[float, float, float]]:
    """Left edge, top edge and width of each box by its title."""
    found = {}
    for path in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}path"):
        for title in path.iter("{http://www.w3.org/2000/svg}title"):
            left, top, width = re.match(r"M([\d.]+),([\d.]+)h([\d.]+)", path.attrib["d"]).groups()  # type: ignore[union-attr]
            found[str(title.text)] = (float(left), float(top), float(width))
    return found


def test_a_box_is_as_wide_as_its_share_and_stands_below_its_caller() -> None:
    found = boxes(flame_graph(VALUES, "profile of m", ".svg"))
    (left, top, width), *others = found.values()
    assert found == {
        "profile of m: 1.00us, 100.0%": (left, top, width),
        "app.main: 1.00us, 100.0%": (left, others[0][1], width),
        "app.heavy: 700ns, 70.0%": (left, others[1][1], pytest.approx(0.7 * width)),
        "app.light: 200ns, 20.0%": (pytest.approx(left + 0.7 * width), others[1][1], pytest.approx(0.2 * width)),
    }
    assert top < others[0][1] < others[1][1]


def test_functions_of_one_name_in_two_files_are_two_boxes() -> None:
    frames = (Frame("views.get", "/srv/orders/views.py", 3), Frame("views.get", "/srv/users/views.py", 5))
    values = Measured(CPU, tuple(((frame,), 10) for frame in frames))
    assert list(boxes(flame_graph(values, "m", ".svg")))[1:] == [
        "views.get: 10ns, 50.0% (/srv/orders/views.py)",
        "views.get: 10ns, 50.0% (/srv/users/views.py)",
    ]


def test_names_are_shown_as_far_as_there_is_room() -> None:
    svg = flame_graph(VALUES, "profile of m", ".svg")
    assert {text.text for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")} >= {
        "profile of m",
        "app.main",
        "app.heavy",
    }


def test_a_page_needs_nothing_else_and_is_not_ended_by_a_name() -> None:
    values = Measured(CPU, ((stack("</script><script>alert(1)</script>", "\x1b[2J"), 1),))
    page = flame_graph(values, "<b>m</b>", ".html")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "<script>alert" not in page
    assert "\\u003c/script>\\u003cscript>alert(1)\\u003c/script>" in page
    assert "<b>m" not in page
    assert not re.search(r"<(script|link)[^>]+(src|href)=", page)


def test_an_svg_says_names_and_is_not_ended_by_them() -> None:
    values = Measured(CPU, ((stack("</title><script/>&", "\x1b[2J"), 1),))
    (_, control, name) = boxes(flame_graph(values, "m", ".svg"))
    assert (control, name) == ("\\x1b[2J: 1ns, 100.0%", "</title><script/>&: 1ns, 100.0%")


def test_boxes_that_nobody_could_see_are_left_out() -> None:
    values = Measured(CPU, ((stack("wide"), 1_000_000), *((stack(f"narrow{number}"), 1) for number in range(100))))
    assert list(boxes(flame_graph(values, "m", ".svg"))) == ["m: 1.00ms, 100.0%", "wide: 1.00ms, 100.0%"]


def test_an_empty_profile_and_an_endless_recursion_are_drawn() -> None:
    assert list(boxes(flame_graph(Measured(CPU, ()), "m", ".svg"))) == ["m: 0, 0.0%"]
    deep = Measured(CPU, ((stack("again") * 5000, 1),))
    assert flame_graph(deep, "m", ".svg").count("again: ") > 100


def test_a_large_profile_is_drawn() -> None:
    chosen = random.Random(1)
    stacks = (stack(*(f"pkg{chosen.randrange(4)}.f{depth}" for depth in range(8))) for _ in range(800))
    svg = flame_graph(Measured(CPU, tuple((each, 1) for each in stacks)), "m", ".svg")
    assert svg.count("<title>") > 2000


def test_only_files_that_can_be_drawn_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    check_flame(Path("a.SVG"))
    check_flame(Path("a.html"))
    with pytest.raises(InvalidArgument, match=r"--flame: unknown kind of file, got 'a\.pdf'; valid: \.svg, \.html"):
        check_flame(Path("a.pdf"))
    original = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "vl_convert":
            raise ImportError(name)
        return original(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(Unsupported, match=r"corvo-agent\[flame\]"):
        check_flame(Path("a.svg"))
