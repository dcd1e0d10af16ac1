"""Which file a flame graph becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from corvo_agent.cli.profiles.flame.graph import check_flame, flame_graph
from corvo_agent.errors import InvalidArgument

from .trees import VALUES


def test_only_files_that_can_be_drawn_are_taken() -> None:
    check_flame(Path("a.SVG"))
    check_flame(Path("a.html"))
    with pytest.raises(InvalidArgument, match=r"--flame: unknown kind of file, got 'a\.pdf'; valid: \.svg, \.html"):
        check_flame(Path("a.pdf"))


def test_the_name_says_what_is_drawn() -> None:
    assert flame_graph(VALUES, "m", ".SVG").startswith("<svg ")
    assert flame_graph(VALUES, "m", ".HTML").startswith("<!doctype html>")
    assert '"diff":true' in flame_graph(VALUES, "m", ".html", VALUES)
