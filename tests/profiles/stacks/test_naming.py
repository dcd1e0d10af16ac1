"""Functions are called alike by every engine."""

from __future__ import annotations

import importlib._bootstrap as bootstrap
import json.decoder
import sys

import pytest

from corvo_agent.profiles.stacks.naming import FunctionNames, loaded_modules, module_of_path


@pytest.mark.parametrize(
    ("filename", "module"),
    [
        ("/usr/lib/python3.11/json/decoder.py", "json.decoder"),
        ("/usr/lib/python3.11/json/__init__.py", "json"),
        ("/opt/env/lib/python3.12/site-packages/a/b.py", "a.b"),
        ("/usr/lib/python3/dist-packages/six.py", "six"),
        ("/usr/lib/python3.11/lib-dynload/_json.so", "_json"),
        ("/srv/app/main.py", "main"),
        ("main.py", "main"),
        ("<frozen importlib._bootstrap>", "importlib._bootstrap"),
        ("<string>", "<string>"),
        ("", ""),
    ],
)
def test_a_path_tells_its_module(filename: str, module: str) -> None:
    assert module_of_path(filename) == module


def test_what_is_imported_is_called_as_it_was_imported() -> None:
    modules = loaded_modules()
    assert modules[__file__] == __name__
    names = FunctionNames()
    code = json.decoder.JSONDecoder.decode.__code__
    frame = names.frame(code, 0)
    assert frame.function == "json.decoder.JSONDecoder.decode"
    assert (frame.filename, frame.start_line) == (code.co_filename, code.co_firstlineno)
    assert names.module(bootstrap.__spec__.origin or "<frozen importlib._bootstrap>")


def test_the_line_is_that_of_the_instruction() -> None:
    def here() -> tuple[int, int]:
        frame = sys._getframe()
        return frame.f_lasti, frame.f_lineno

    names = FunctionNames()
    at, line = here()
    assert names.frame(here.__code__, at).line in (line, line - 1)
    for start, _, expected in here.__code__.co_lines():
        if expected is not None:
            assert names.frame(here.__code__, start).line == expected
    assert names.frame(here.__code__, -1).line == here.__code__.co_firstlineno


def test_a_module_without_a_file_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = type(sys)("odd")
    odd.__file__ = None
    monkeypatch.setitem(sys.modules, "odd", odd)
    assert "odd" not in loaded_modules().values()
