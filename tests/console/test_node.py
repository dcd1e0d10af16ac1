"""The parts of the console that know no page, by Node's own test runner."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.world.machine import needs, program

pytestmark = needs("node")

_SUITES = sorted((Path(__file__).parent / "node").glob("*.test.mjs"))


@pytest.mark.parametrize("suite", _SUITES, ids=lambda suite: suite.name)
def test_a_suite_passes(suite: Path) -> None:
    node = program("node")
    assert node is not None
    done = subprocess.run((node, "--test", str(suite)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_suites() -> None:
    assert _SUITES
