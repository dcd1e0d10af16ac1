"""How long a handler has, so that the caller hears of it."""

from __future__ import annotations

import pytest

from corvo_agent.diagnostics.query import DebugQuery


@pytest.mark.parametrize(("timeout", "seconds"), [(None, None), (0.0, 0.0), (0.06, 0.03), (0.1, 0.05), (30.0, 29.95)])
def test_a_handler_has_somewhat_less_time_than_the_caller(timeout: float | None, seconds: float | None) -> None:
    assert DebugQuery("Log", timeout=timeout).seconds == seconds
