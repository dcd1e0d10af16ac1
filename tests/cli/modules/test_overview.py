"""Modules at a glance."""

from __future__ import annotations

import pytest

from corvo_agent.cli.modules.overview import ORDERS, Overview, sort_key
from corvo_agent.modules.announcing.endpoint import AppliedLevel
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta
from corvo_agent.modules.module_level import ModuleLevel

NOW = 1_764_130_000 * 10**9


def module(name: str = "node1-mail", *, level: str = "", restarts: int = 0, started: int = NOW - 90 * 10**9) -> Module:
    status = ModuleStatus("node1", "mail", "Venice", restart_count=restarts, last_start=started)
    return Module(ObjectMeta(name=name), ModuleSpec(log_level=level), status)


def test_what_is_wanted_and_holds_is_one_level() -> None:
    applied = AppliedLevel("Warn", "log-level")
    each = Overview(ModuleLevel(module(level="Warn"), applied=applied), 3)
    assert each.row(NOW) == ("node1-mail", "live", "1m30s", "Warn", "3", "0")


def test_what_does_not_hold_is_told_beside_what_is_wanted_for_how_long_by_whom() -> None:
    control = Control("Debug", until=NOW + 300 * 10**9, by="ada", reason="slow")
    each = Overview(ModuleLevel(module(), (control,), AppliedLevel("Info", "log-level")))
    assert each.level_text(NOW) == "Debug for 5m0s (Info in force)"
    assert each.wide(NOW) == ("node1", "Venice", "ada", "slow")


@pytest.mark.parametrize(
    ("each", "status"),
    [
        (Overview(ModuleLevel(module(), applied=AppliedLevel())), "live"),
        (Overview(ModuleLevel(module(), applied=AppliedLevel()), None, "no answer"), "silent"),
        (Overview(ModuleLevel(module())), "no agent"),
    ],
)
def test_what_is_known_of_an_agent(each: Overview, status: str) -> None:
    assert each.status == status
    assert each.row(NOW)[4] == ""


def test_a_count_that_was_cut_or_could_not_judge_all_lines_says_so() -> None:
    assert Overview(ModuleLevel(module()), 1000).row(NOW)[4] == "1000+"
    assert Overview(ModuleLevel(module()), 2, remarks=("3 lines have no level that can be read",)).row(NOW)[4] == "2+"


@pytest.mark.parametrize("order", ORDERS)
def test_what_wants_to_be_looked_at_comes_first(order: str) -> None:
    calm = Overview(ModuleLevel(module("a", started=NOW - 10**12), applied=AppliedLevel("", "default")), 0)
    loud = Overview(ModuleLevel(module("b", restarts=3, level="Debug")), 9)
    found = sorted([calm, loud], key=sort_key(order, NOW))
    assert [each.name for each in found] == (["a", "b"] if order == "name" else ["b", "a"])
