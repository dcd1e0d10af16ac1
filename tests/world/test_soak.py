"""Workers that are replaced all the time: no request fails, each gets its level, and nothing is left. A small soak."""

from __future__ import annotations

from pathlib import Path

import pytest

from corvo_agent.embedded import EmbeddedEtcd
from tests.world.machine import needs
from tests.world.soak import Life, Plan, soak


def test_a_level_is_wrong_until_it_is_the_one_that_was_said() -> None:
    said = [(0.0, 20), (10.0, 10), (20.0, 40)]
    life = Life(12.0, 30.0, ((12.0, -1), (12.5, 20), (13.0, 10), (20.25, 40), (25.0, 10)))
    assert list(life.wrong(said)) == [(12.0, 13.0), (20.0, 20.25), (25.0, 30.0)]
    # One that ends just after a change is wrong until its end, not until the next change.
    assert list(Life(12.0, 20.01, ((12.0, 10),)).wrong(said)) == [(20.0, 20.01)]


@needs("gunicorn", "flask")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("plan", [Plan(15, way="start", max_requests=20), Plan(15, preload=True, max_requests=20)])
async def test_nothing_fails_or_is_left_over(plan: Plan, etcd: EmbeddedEtcd, tmp_path: Path) -> None:
    figures = await soak(plan, etcd, tmp_path)
    assert figures.holds, figures
    assert figures.requests > plan.max_requests
