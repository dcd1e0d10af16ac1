"""The figures in the guide are those that the benchmarks kept."""

from __future__ import annotations

import pytest

from benchmarks import figures

from .text import table


@pytest.mark.parametrize("marker", figures.TABLES)
def test_a_table_says_what_was_measured(marker: str) -> None:
    assert table(marker) == figures.lines(marker)
