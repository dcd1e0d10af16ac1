"""Modules at a glance, as columns."""

from __future__ import annotations

import pytest

from corvo_agent.cli.modules.choices import ORDERS
from corvo_agent.cli.modules.overview import HEADERS, WIDE, columns, level_text, notes, row, sort_key, wide
from corvo_agent.modules.announcing.endpoint import AppliedLevel
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.module_level import ModuleLevel
from corvo_agent.overview.measuring import Measured
from corvo_agent.overview.overview import Overview
from tests.overview.test_overview import NOW, module


def test_what_is_wanted_and_holds_is_one_level() -> None:
    applied = AppliedLevel("Warn", "log-level")
    each = Overview(ModuleLevel(module(level="Warn"), applied=applied), Measured(NOW, 3))
    assert row(each, NOW) == ("node1-mail", "live", "1m30s", "Warn", "3", "0")
    assert notes(each) == ()


def test_what_does_not_hold_is_told_beside_what_is_wanted_for_how_long_by_whom() -> None:
    control = Control("Debug", until=NOW + 300 * 10**9, by="ada", reason="slow")
    each = Overview(ModuleLevel(module(), (control,), AppliedLevel("Info", "log-level")))
    assert level_text(each, NOW) == "Debug for 5m0s (Info in force)"
    assert row(each, NOW)[3] == "Debug for 5m0s (Info in force) by ada: slow"
    # There they have columns of their own.
    (cells,) = columns([each], NOW, more=True)[1]
    assert cells[3] == "Debug for 5m0s (Info in force)"
    assert wide(each, NOW) == ("node1", "Venice", "ada", "slow")


def test_a_count_that_was_cut_or_could_not_judge_all_lines_says_so() -> None:
    remarks = ("3 lines have no level that can be read",)
    each = Overview(ModuleLevel(module(), applied=AppliedLevel()), Measured(NOW, 2, True, remarks))
    assert row(each, NOW)[4] == "2+"
    assert notes(each) == remarks
    unknown = Overview(ModuleLevel(module(), applied=AppliedLevel()), Measured(NOW, why="no log file"))
    assert (row(unknown, NOW)[1], row(unknown, NOW)[4], notes(unknown)) == ("live", "", ("no log file",))


def test_the_number_of_processes_is_shown_where_a_module_has_several() -> None:
    one = Overview(ModuleLevel(module("a"), applied=AppliedLevel()), workers=1)
    two = Overview(ModuleLevel(module("b"), applied=AppliedLevel()), workers=2)
    unknown = Overview(ModuleLevel(module("c")))
    assert columns([one, unknown], NOW, more=False)[0] == HEADERS
    heads, rows = columns([one, two, unknown], NOW, more=False)
    assert (heads[-1], [cells[-1] for cells in rows]) == ("WORKERS", ["1", "2", ""])
    heads, rows = columns([one], NOW, more=True)
    assert (heads[6:], rows[0][6]) == (("WORKERS", *WIDE), "1")


@pytest.mark.parametrize("order", ORDERS)
def test_what_wants_to_be_looked_at_comes_first(order: str) -> None:
    calm = Overview(ModuleLevel(module("a", started=NOW - 10**12), applied=AppliedLevel("", "default")))
    loud = Overview(ModuleLevel(module("b", restarts=3, level="Debug")), Measured(NOW, 9))
    found = sorted([calm, loud], key=sort_key(order, NOW))
    assert [each.name for each in found] == (["a", "b"] if order == "name" else ["b", "a"])
