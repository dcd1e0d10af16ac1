"""Following logs that other processes write at full speed and rotate: nothing lost, nothing twice, in order.

By logrotate in tests/world/test_logrotate.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.log_followed import Seen, following
from tests.integration.log_writers import RENAMING, ROTATING, writer
from tests.world.machine import needs

pytestmark = pytest.mark.integration


def files(folder: Path) -> int:
    return len(list(folder.iterdir()))


@pytest.mark.parametrize("lines", [100_000, pytest.param(1_000_000, marks=needs("python"))])
async def test_very_many_lines_over_twenty_rotations(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "a.log"
    async with following(path) as (seen, until), writer(RENAMING, path, lines, 20) as process:
        await until(lambda seen: seen.last == lines - 1)
        assert await process.wait() == 0
    assert seen == Seen(lines, lines - 1)
    assert files(tmp_path) == 21


@pytest.mark.parametrize(("kind", "lines", "rotations"), [("size", 20_000, 8), ("time", 5_000, 1)])
async def test_the_rotating_handlers_of_the_standard_library(
    tmp_path: Path, kind: str, lines: int, rotations: int
) -> None:
    path = tmp_path / "a.log"
    async with following(path) as (seen, until), writer(ROTATING, path, lines, kind) as process:
        await until(lambda seen: seen.last == lines - 1)
        assert await process.wait() == 0
    assert seen == Seen(lines, lines - 1)
    assert files(tmp_path) > rotations
