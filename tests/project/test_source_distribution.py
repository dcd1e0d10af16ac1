"""What is handed on as source is all of it: a source distribution tests itself as a clone does."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("corvo_agent", "tests", "protos", "benchmarks", ".ci")
FILES = ("README.md", "LICENSE", "setup.cfg", "pyproject.toml", "tox.ini", ".ruff.toml", ".gitignore")
BUILD = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"


def copy_of_the_project(target: Path) -> set[str]:
    """Copy what belongs to it, since a build writes beside the sources; the relative paths."""
    ignored = shutil.ignore_patterns(*(line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()))
    target.mkdir()
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, target / folder, ignore=ignored)
    for file in FILES:
        shutil.copy2(ROOT / file, target / file)
    return {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}


def test_the_source_distribution_holds_the_whole_project(tmp_path: Path) -> None:
    files = copy_of_the_project(tmp_path / "project")
    command = [sys.executable, "-W", "ignore", "-c", BUILD, str(tmp_path / "dist")]
    built = subprocess.run(command, cwd=tmp_path / "project", capture_output=True, text=True, timeout=100)
    assert built.returncode == 0, built.stderr
    (archive,) = (tmp_path / "dist").iterdir()
    with tarfile.open(archive) as tar:
        held = {member.name.partition("/")[2] for member in tar if member.isfile()}
    made = {name for name in held if name == "PKG-INFO" or name.startswith("corvo_agent.egg-info/")}
    assert held - made == files
