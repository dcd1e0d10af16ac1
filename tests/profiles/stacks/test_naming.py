"""Functions are called alike by every engine."""

from __future__ import annotations

import importlib._bootstrap as bootstrap
import json.decoder
import sys
from pathlib import Path

import pytest

from corvo_agent.profiles.stacks.naming import FunctionNames, ModuleNames, loaded_modules, module_of_path


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


def test_packages_around_a_file_belong_to_its_name(tmp_path: Path) -> None:
    inner = tmp_path / "srv/shop/orders"
    inner.mkdir(parents=True)
    for folder in (inner, inner.parent):
        (folder / "__init__.py").touch()
    # As another process sees it, through its root.
    assert module_of_path("/srv/shop/orders/views.py", str(tmp_path)) == "shop.orders.views"
    assert module_of_path("/srv/shop/__init__.py", str(tmp_path)) == "shop"
    assert module_of_path(f"{inner}/views.py") == "shop.orders.views"
    assert module_of_path("/srv/shop/orders/views.py", str(tmp_path / "none")) == "views"


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (("/srv/a/views.py", "/srv/b/views.py", "/srv/main.py"), ("a.views", "b.views", "main")),
        (("/a/x/views.py", "/b/x/views.py"), ("a.x.views", "b.x.views")),
        (("/views.py", "/a/views.py"), ("views", "a.views")),
        (("/srv/a.py", "/srv/a.so"), ("/srv/a.py", "/srv/a.so")),
        (
            ("/v1/lib/python3.11/json/decoder.py", "/v2/lib/python3.12/json/decoder.py"),
            ("python3.11.json.decoder", "python3.12.json.decoder"),
        ),
        (("/v/lib/python3.11/json/__init__.py", "/srv/json.py"), ("python3.11.json", "srv.json")),
        # A name that a third file has by itself is no way out.
        (
            ("/v/lib/python3/dist-packages/a/views.py", "/a/views.py", "/b/views.py"),
            ("dist-packages.a.views", "a.views", "b.views"),
        ),
        (("<string>", "/srv/main.py"), ("<string>", "main")),
    ],
)
def test_no_two_files_share_a_name(files: tuple[str, ...], names: tuple[str, ...]) -> None:
    for order in (files, tuple(reversed(files))):
        modules = ModuleNames(root="/proc/none")
        modules.learn(order)
        assert tuple(map(modules.of, files)) == names


def test_a_file_that_comes_later_takes_no_name_that_is_known() -> None:
    modules = ModuleNames({"/usr/lib/python3.11/os.py": "os", "/srv/x.py": "x"})
    assert modules.of("<frozen os>") == "os"
    assert [modules.of(each) for each in ("/srv/x.py", "/app/x.py")] == ["x", "app.x"]


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
