"""A line of this process is found in the function that it belongs to."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from corvo_agent.profiles.pprof.model import Frame
from corvo_agent.profiles.stacks.code_index import CodeIndex


class Outer:
    def method(self) -> list[int]:
        return [each + 1 for each in range(3)]


def test_a_line_belongs_to_the_innermost_named_function() -> None:
    code = Outer.method.__code__
    line = code.co_firstlineno + 1
    expected = Frame(f"{__name__}.Outer.method", __file__, line, code.co_firstlineno)
    assert CodeIndex().frame(__file__, line) == expected
    assert CodeIndex().frame(__file__, code.co_firstlineno).function == f"{__name__}.Outer"


def test_a_line_without_code_has_only_its_module() -> None:
    index = CodeIndex()
    assert index.frame(__file__, 10_000) == Frame(__name__, __file__, 10_000)
    assert index.frame("/srv/gone/app.py", 3) == Frame("app", "/srv/gone/app.py", 3)
    assert index.frame("", 0).function == "[no Python frame]"


class Failing:
    def get_code(self, name: str) -> object:
        raise ImportError(name)


@pytest.mark.parametrize("loader", [Failing(), object(), None])
def test_a_module_whose_code_cannot_be_loaded_is_no_fault(loader: object, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("odd")
    module.__file__ = "/srv/odd.py"
    module.__loader__ = loader  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, "odd", module)
    assert CodeIndex().frame("/srv/odd.py", 3) == Frame("odd", "/srv/odd.py", 3)
