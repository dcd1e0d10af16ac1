"""Modules for browsers, alone and bundled."""

from __future__ import annotations

import pytest

from corvo_agent.console.assets import asset, bundle


def test_a_bundle_has_each_module_once_after_what_it_imports() -> None:
    text = bundle("flame", "page.js")
    names = ("class Tree ", "class FlameView ", "class FlamePage ")
    assert [text.count(name) for name in names] == [1, 1, 1]
    assert sorted(names, key=text.index) == list(names)
    assert not any(line.startswith(("import ", "export ")) for line in text.splitlines())


def test_nothing_is_written_as_markup() -> None:
    for name in ("tree.js", "view.js", "page.js"):
        text = asset("flame", name)
        assert not any(word in text for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval("))


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(FileNotFoundError):
        asset("flame", "other.js")
