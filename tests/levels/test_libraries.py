"""Which loggers are the application's own, in programs that are started in each of the usual ways."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import FrameType

import pytest

from corvo_agent.levels.libraries import is_library

from .kit import fresh_name


@pytest.mark.parametrize(
    ("logger", "library"),
    [
        ("asyncio", True),
        ("concurrent.futures", True),
        ("aiohttp.access", True),
        ("loguru", True),
        ("corvo_agent.agent.level_sync", True),
        ("tests.levels", False),
        ("shop.db", False),
        ("", False),
    ],
)
def test_libraries_are_the_standard_library_and_what_is_installed(logger: str, library: bool) -> None:
    assert is_library(logger) is library
    assert is_library(logger) is library


def test_an_installed_module_need_not_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed, beside = f"a{fresh_name()}", f"b{fresh_name()}"
    site = tmp_path / "site-packages"
    site.mkdir()
    (site / f"{installed}.py").touch()
    (tmp_path / f"{beside}.py").touch()
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert (is_library(f"{installed}.x"), is_library(f"{beside}.x")) == (True, False)
    assert installed not in sys.modules


def test_thousands_of_names_are_looked_up_once_and_never_as_modules() -> None:
    names = [f"{fresh_name()}{number}" for number in range(5000)]
    imports, stats = 0, 0

    def count(frame: FrameType, event: str, called: object) -> None:
        nonlocal imports, stats
        imports += event == "call" and frame.f_code.co_name == "find_spec"
        stats += event == "c_call" and called is os.stat

    for told in range(2):
        stats = 0
        sys.setprofile(count)
        try:
            found = [name for name in names if is_library(name)]
        finally:
            sys.setprofile(None)
        assert (found, imports) == ([], 0)
        assert bool(stats) is not bool(told)


# Neither what takes long to import, nor what a worker of another user might not read.
SHOW = """
import sys
from corvo_agent.levels.libraries import is_library
shown = [is_library(n) for n in ('shop.db', 'other.db')]
print(shown, sorted({'importlib.metadata', 'sysconfig'} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "shop"],
        ["-m", "shop.tool"],
        ["-m", "gunicorn", "-b", "localhost:8000", "-k", "other", "shop.wsgi:app"],
        ["-m", "uvicorn", "shop.asgi:make_app", "--port", "8000"],
        ["-m", "celery", "-A", "shop.tasks", "worker"],
        ["-m", "celery", "--app=shop", "worker"],
        ["-m", "gunicorn", "shop.wsgi"],
    ],
)
def test_what_the_program_is_there_to_run_is_its_own_wherever_it_is_installed(
    command: list[str], tmp_path: Path
) -> None:
    site = tmp_path / "site-packages"
    for name in ("shop", "other", "gunicorn", "uvicorn", "celery"):
        (site / name).mkdir(parents=True)
        for file in ("__init__.py", "__main__.py", "tool.py"):
            (site / name / file).write_text("" if file == "__init__.py" else SHOW)
    ours = str(Path(__file__).parents[2])
    # The fake programs have to come before real ones.
    path = [str(site), ours]
    result = subprocess.run(
        [sys.executable, *command], env={"PYTHONPATH": ":".join(path)}, capture_output=True, text=True, timeout=60
    )
    assert (result.stdout, result.stderr) == ("[False, True] []\n", "")


def test_an_installed_script_stands_for_its_package() -> None:
    code = (
        "import sys, sysconfig, os; m = sys.modules['__main__']; m.__spec__ = None;"
        "m.__file__ = os.path.join(sysconfig.get_path('scripts'), 'pytest');"
        "from corvo_agent.levels.libraries import is_library; print(is_library('pytest.x'), is_library('loguru'))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[2]
    )
    assert (result.stdout, result.stderr) == ("False True\n", "")
