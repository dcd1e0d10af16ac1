"""A short storm; ``tox run -e storm`` has one of five minutes with ten times as many processes and callers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.faults.storm import Plan, storm


@pytest.mark.integration
@pytest.mark.timeout(300)
async def test_nothing_is_lost_and_everything_is_right_after_a_storm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with storm(Plan(), tmp_path) as running:
        figures = await running.run(tmp_path)
    with capsys.disabled():
        sys.stdout.write(f"\n{figures}\n")
    assert figures.faults
