"""What is installed from a wheel: the package, and one file beside it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.project.test_source_distribution import copy_of_the_project
from tests.world.machine import needs

_BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


@pytest.mark.timeout(300)
@needs("python")
def test_a_wheel_holds_the_file_for_pythons_that_read_no_path(tmp_path: Path) -> None:
    copy_of_the_project(tmp_path / "project")
    command = [sys.executable, "-W", "ignore", "-c", _BUILD, str(tmp_path / "dist")]
    built = subprocess.run(command, cwd=tmp_path / "project", capture_output=True, text=True, timeout=280)
    assert built.returncode == 0, built.stderr
    (archive,) = (tmp_path / "dist").iterdir()
    with zipfile.ZipFile(archive) as wheel:
        beside = {name for name in wheel.namelist() if not name.startswith(("corvo_agent/", "corvo_agent-"))}
        line = wheel.read("corvo_agent.pth").decode()
        record = next(name for name in wheel.namelist() if name.endswith("/RECORD"))
        # So that it goes with the package.
        assert "corvo_agent.pth" in wheel.read(record).decode()
    assert beside == {"corvo_agent.pth"}
    assert line.startswith("import ")
    assert line.count("\n") == 1
