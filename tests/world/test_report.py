"""What needs more than Python and git is left out unless it is asked for, and never in silence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .machine import needs

SUITE = """
from tests.world.machine import PROGRAMS, needs

PROGRAMS["a-telescope"] = "telescope"

def test_plain(): pass
@needs("root")
def test_as_root(): pass
@needs("a-telescope")
def test_the_sky(): pass
"""
CONFTEST = """
from tests.world.report import WorldReport

def pytest_configure(config):
    config.addinivalue_line("markers", "world(things): needs more than Python and git")
    config.pluginmanager.register(WorldReport(config))
"""
LEFT = "left to `tox run -e console,world`: 2 tests that need more than Python and git (a-telescope 1, root 1)"


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_suite.py").write_text(SUITE)
    (folder / "pytest.ini").write_text("[pytest]\n")
    environment = {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PATH": str(folder)}
    command = [sys.executable, "-m", "pytest", "-q", *arguments, str(folder)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout


@pytest.mark.parametrize("processes", ["0", "2"])
def test_what_is_left_out_is_said_at_the_end(processes: str, tmp_path: Path) -> None:
    code, output = run(tmp_path, "-m", "not world", f"--numprocesses={processes}")
    assert code == 0
    assert "1 passed" in output
    assert LEFT in output


def test_nothing_is_said_when_something_else_was_chosen(tmp_path: Path) -> None:
    assert "left to" not in run(tmp_path, "-k", "plain")[1]


def test_what_the_machine_lacks_is_a_failure_when_it_is_asked_for(tmp_path: Path) -> None:
    code, output = run(tmp_path, "-m", "world", "-k", "sky")
    assert code == 1
    assert "this machine has no a-telescope" in output


def test_an_unknown_need_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="does not know how to find a-telescope"):
        needs("a-telescope")
