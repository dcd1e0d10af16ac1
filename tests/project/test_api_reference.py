"""What the reference shows has words, and constants have those of their ``#:`` lines."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from pdoc.doc import Module

from .api_reference import public_modules, undocumented
from .public import comment_of

SOURCE = '''
"""A module."""

class Told:
    """A class."""

    field: int = 0

    def said(self):
        """In words."""

    def bare(self): ...

    @property
    def bare_property(self): ...

    def _hidden(self): ...

class Heir(Told):
    """Another class."""

    def said(self): ...

class Bare: ...

def function(): ...
'''


def test_what_has_no_docstring_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("corvo_agent.of_this_test")
    exec(SOURCE, vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert sorted(name.removeprefix(f"{module.__name__}.") for name in undocumented(Module(module))) == [
        "Bare",
        "Told.bare",
        "Told.bare_property",
        "function",
    ]


def test_a_constant_is_told_by_the_lines_above_it() -> None:
    text = "#: Not of it.\n\nOTHER = 1\n#: Seconds\n#: at most.\nLIMIT: float = 2.0\n# For us.\nBARE = 3\n"
    assert comment_of("LIMIT", text) == "Seconds\nat most."
    assert [comment_of(name, text) for name in ("OTHER", "BARE", "NONE")] == ["", "", ""]


def test_the_modules_are_linked_to_each_other_and_have_their_constants() -> None:
    modules = public_modules()
    names = [each.fullname for each in modules["corvo_agent.profiles"].submodules]
    assert "corvo_agent.profiles.pprof" in names
    constant = modules["corvo_agent.modules"].get("MAX_NAME_LENGTH")
    assert constant is not None
    assert constant.docstring
