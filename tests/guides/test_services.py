"""The table of servers says what the tests with real servers show."""

from __future__ import annotations

from tests.world.services import KINDS

from .text import table


def test_it_has_every_kind_with_its_workers() -> None:
    rows = [
        f"| {kind.name} | `{kind.command.replace('{bin}/', '').format(port=8000)}` "
        f"| {kind.by_start or 'no'} | {kind.by_run or 'no'} |"
        for kind in KINDS
    ]
    assert table("services")[2:] == rows
