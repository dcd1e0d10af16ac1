"""A lazy package imports a file when one of its names is first used, and keeps what it found."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

_INIT = """
from corvo_agent._lazy import lazy_names
__getattr__, __dir__ = lazy_names(__name__, {"heavy": ("Heavy",), "below.broken": ("Broken",)})
__all__ = ("Heavy", "Broken")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A lazy package of two files: ``heavy``, and ``below/broken`` which cannot be imported."""
    folder = tmp_path / "lazy_package"
    (folder / "below").mkdir(parents=True)
    (folder / "__init__.py").write_text(_INIT)
    (folder / "heavy.py").write_text("class Heavy: ...\n")
    (folder / "below" / "__init__.py").write_text("")
    (folder / "below" / "broken.py").write_text("raise RuntimeError('broken')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("lazy_package")
    for name in [name for name in sys.modules if name.split(".")[0] == "lazy_package"]:
        del sys.modules[name]


def test_a_file_is_imported_when_its_name_is_first_used(package: ModuleType) -> None:
    assert "lazy_package.heavy" not in sys.modules
    found = package.Heavy
    assert found is sys.modules["lazy_package.heavy"].Heavy
    assert vars(package)["Heavy"] is found, "keptfor the next use"


def test_dir_names_what_is_public_without_importing_it(package: ModuleType) -> None:
    assert dir(package) == ["Broken", "Heavy"]
    assert "lazy_package.heavy" not in sys.modules


def test_another_name_is_an_attribute_error_that_names_the_package(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match=r"module 'lazy_package' has no attribute 'Hevay'") as caught:
        package.Hevay  # noqa: B018
    assert (caught.value.name, caught.value.obj) == ("Hevay", package)


def test_what_an_import_raises_passes_through_each_time(package: ModuleType) -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError, match="broken"):
            package.Broken  # noqa: B018
