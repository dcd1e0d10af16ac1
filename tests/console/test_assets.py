"""Modules for browsers, alone and bundled."""

from __future__ import annotations

import posixpath
import re

import pytest

from corvo_agent.console.assets import all_assets, asset, bundle


def test_a_bundle_has_each_module_once_after_what_it_imports() -> None:
    text = bundle("flame", "page.js")
    names = ("class Tree ", "class FlameView ", "class FlameGraph ")
    assert [text.count(name) for name in names] == [1, 1, 1]
    assert sorted(names, key=text.index) == list(names)
    assert not any(line.startswith(("import ", "export ")) for line in text.splitlines())


def test_nothing_is_written_as_markup() -> None:
    scripts = {path: content.decode() for path, content in all_assets().items() if path.endswith(".js")}
    assert {"shell/main.js", "flame/page.js"} <= scripts.keys()
    forbidden = ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", 'setAttribute("style"')
    assert [(path, word) for path, text in scripts.items() for word in forbidden if word in text] == []


def test_files_name_only_files_that_there_are() -> None:
    files = all_assets()
    named = {
        posixpath.normpath(posixpath.join(posixpath.dirname(path), found))
        for path, content in files.items()
        for found in re.findall(r'(?:from|import) "(\.[^"]+)"', content.decode())
    }
    assert named <= files.keys()


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(FileNotFoundError):
        asset("flame", "other.js")
