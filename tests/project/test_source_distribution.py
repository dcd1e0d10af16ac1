"""What is handed on as source is all of it: a source distribution tests itself as a clone does."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from corvo_agent._version import __version__

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("corvo_agent", "tests", "protos", "benchmarks", ".ci")
FILES = ("README.md", "LICENSE", "setup.cfg", "pyproject.toml", "tox.ini", ".ruff.toml", ".gitignore")
BILL = "bom.cdx.json"
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
        bill_file = tar.extractfile(f"{archive.name.removesuffix('.tar.gz')}/{BILL}")
        assert bill_file is not None
        bill = json.load(bill_file)
    made = {name for name in held if name == "PKG-INFO" or name.startswith("corvo_agent.egg-info/")}
    assert held - made == files | {BILL}
    check_bill(bill)


def check_bill(bill: dict[str, Any]) -> None:
    """A bill of materials in the form of CycloneDX 1.6, with every package that setup.cfg names and no other."""
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bill["serialNumber"])
    own = bill["metadata"]["component"]
    assert (own["name"], own["version"], own["type"]) == ("corvo-agent", __version__, "library")
    assert own["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")

    def packages(text: str) -> set[str]:
        lines = (line.strip() for line in text.splitlines())
        found = (re.match(r"[\w.-]+", line) for line in lines if not line.startswith(("#", "corvo-agent")))
        return {re.sub(r"[-_.]+", "-", match.group()).lower() for match in found if match}

    required = packages(setup["options"]["install_requires"])
    optional = set().union(*(packages(text) for text in setup["options.extras_require"].values())) - required
    scopes = {component["name"]: component["scope"] for component in bill["components"]}
    assert scopes == dict.fromkeys(required, "required") | dict.fromkeys(optional, "optional")
    references = [component["bom-ref"] for component in bill["components"]]
    assert len(set(references)) == len(references)
    assert bill["dependencies"] == [{"ref": own["bom-ref"], "dependsOn": sorted(references)}]
    assert all(component["purl"] == f"pkg:pypi/{component['name']}" for component in bill["components"])
    assert all(component["properties"] for component in bill["components"])
