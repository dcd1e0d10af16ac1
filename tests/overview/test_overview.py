"""A Module at a glance: its status, and the row that programs get."""

from __future__ import annotations

import pytest

from corvo_agent.errors import DecodeError
from corvo_agent.modules.announcing.endpoint import AppliedLevel
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta
from corvo_agent.modules.module_level import ModuleLevel
from corvo_agent.overview.facts import Facts
from corvo_agent.overview.measuring import Measured
from corvo_agent.overview.overview import Overview, measured_of

NOW = 1_764_130_000 * 10**9
ANNOUNCED = AppliedLevel("Info", "default")


def module(name: str = "node1-mail", *, level: str = "", restarts: int = 0, started: int = NOW - 90 * 10**9) -> Module:
    status = ModuleStatus("node1", "mail", "Venice", restart_count=restarts, last_start=started)
    return Module(ObjectMeta(name=name, labels={"team": "net"}), ModuleSpec(log_level=level), status)


def level(applied: AppliedLevel | None = ANNOUNCED, *, invalid: str = "") -> ModuleLevel:
    return ModuleLevel(Module(module().meta, status=module().status, invalid=invalid), applied=applied)


@pytest.mark.parametrize(
    ("each", "status", "reachable", "why"),
    [
        (Overview(level()), "live", None, ""),
        (Overview(level(), Measured(NOW, 0)), "live", True, ""),
        (Overview(level(), Measured(NOW, why="no log")), "live", True, "no log"),
        (Overview(level(), Measured(NOW, unanswered="refused")), "silent", False, "refused"),
        (Overview(level(), Measured(NOW, unanswered="late", frozen=True)), "frozen", False, "late"),
        (Overview(level(), Measured(NOW, 0, facts=Facts(state="stopped"))), "frozen", True, "its process is stopped"),
        (Overview(level(None)), "no-agent", None, "no agent has announced itself"),
        (Overview(level(invalid="spec: must be an object")), "invalid", None, "spec: must be an object"),
    ],
)
def test_what_is_known_of_an_agent(each: Overview, status: str, reachable: bool | None, why: str) -> None:
    shown = each.as_json(NOW)
    assert (shown["status"], shown["reachable"], shown["why"]) == (status, reachable, why)


def test_what_is_not_known_is_null_and_never_0() -> None:
    shown = Overview(level()).as_json(NOW)
    assert shown == {
        "name": "node1-mail",
        "node": "node1",
        "service": "mail",
        "category": "Venice",
        "labels": {"team": "net"},
        "status": "live",
        "reachable": None,
        "why": "",
        "wanted": {"by": "", "reason": "", "level": "as-configured", "source": "default", "until": None},
        "applied": "Info",
        "in-force": True,
        "started": "2025-11-26T04:05:10Z",
        "restarts": 0,
        "workers": None,
        "errors": None,
        "cpu": None,
        "rss": None,
        "loop-lag": None,
        "asked": None,
    }


def test_what_was_measured_has_its_units() -> None:
    found = Measured(NOW, 4, True, ("1 line has no level",), Facts(cpu=1.5, memory=2048, longest_loop_lag=250.0))
    control = Control("Debug", until=NOW + 60 * 10**9, by="ada", reason="slow")
    each = Overview(ModuleLevel(module(), (control,), ANNOUNCED), found, workers=3)
    shown = each.as_json(NOW)
    assert [shown[key] for key in ("errors", "cpu", "rss", "loop-lag", "workers")] == [4, 1.5, 2048, 0.25, 3]
    assert (shown["errors-at-least"], shown["remarks"]) == (True, ["1 line has no level"])
    assert (shown["wanted"]["until"], shown["wanted"]["by"], shown["in-force"]) == (
        "2025-11-26T04:07:40Z",
        "ada",
        False,
    )
    assert shown["asked"] == "2025-11-26T04:06:40Z"


@pytest.mark.parametrize(
    "measured",
    [
        None,
        Measured(NOW, 4, True, ("1 line has no level",)),
        Measured(NOW, why="no log"),
        Measured(NOW, unanswered="refused"),
        Measured(NOW, unanswered="late", frozen=True),
    ],
)
def test_what_was_measured_is_read_from_a_row(measured: Measured | None) -> None:
    assert measured_of(Overview(level(), measured).as_json(NOW)) == measured


def test_a_row_that_is_none_is_refused() -> None:
    with pytest.raises(DecodeError):
        measured_of({"reachable": True, "errors": "many"})
