"""A level and its reasons: the same words from the Module and from the agent."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from corvo_agent.cli.backends.address import AddressBackend
from corvo_agent.cli.levels.level_view import agent_state, level_state, show_states
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import NotFound
from corvo_agent.modules.announcing.endpoint import AppliedLevel
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.model import Module, ModuleSpec, ObjectMeta
from corvo_agent.modules.module_level import ModuleLevel
from corvo_agent.stats.variables import Func

HOUR = 3600 * 10**9


def module(**spec: Any) -> Module:
    return Module(ObjectMeta(name="n1-a"), ModuleSpec(**spec))


def shown(capsys: pytest.CaptureFixture[str], output: str, *, alone: bool, **states: dict[str, Any]) -> str:
    show_states(states, output, alone=alone)
    return capsys.readouterr().out


def state_of(*controls: Control, applied: AppliedLevel | None = None, **spec: Any) -> dict[str, Any]:
    return level_state(ModuleLevel(module(**spec), controls, applied))


def test_what_holds_by_the_spec_and_its_controls() -> None:
    state = state_of(Control("Debug", logger="db"), log_level="Warn")
    assert state == {"level": "Warn", "source": "log-level", "loggers": {"db": "Debug"}, "log-level": "Warn"}


def test_an_override_holds_until_its_end() -> None:
    state = state_of(Control("Debug", time.time_ns() + HOUR, by="kim", reason="slow"), log_level="Warn")
    assert (state["level"], state["source"], state["by"], state["reason"]) == ("Debug", "override", "kim", "slow")
    assert state_of(Control("Debug", time.time_ns() - HOUR), log_level="Warn")["level"] == "Warn"


def test_a_sentence_says_why_and_what_comes_then(capsys: pytest.CaptureFixture[str]) -> None:
    override = Control("Debug", time.time_ns() + HOUR, by="kim", reason="slow\nsearches")
    loggers = Control("Error", logger="db"), Control("Warn", time.time_ns() + 2 * HOUR, logger="http")
    text = shown(capsys, "text", alone=True, **{"n1-a": state_of(override, *loggers, log_level="Warn")})
    first, *others = text.splitlines()
    assert first.startswith("n1-a: Debug (override by kim, slow\\nsearches, ends in ")
    assert first.endswith(", then Warn)")
    assert others[0] == "  db: Error"
    assert re.fullmatch(r"  http: Warn \(ends in 1h59m\)", others[1])


def test_an_override_without_an_end_and_without_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "text", alone=True, **{"n1-a": state_of(Control("Debug"))})
    assert "ends in" not in text
    assert text.startswith("n1-a: Debug (override by ")


def test_what_is_in_force_stands_beside_what_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    state = state_of(applied=AppliedLevel("Debug", "log-level"), log_level="Debug")
    assert state["in-force"] is True
    assert "in force" not in shown(capsys, "text", alone=True, **{"n1-a": state})
    applied = AppliedLevel("Info", "log-level", wanted="Debug", fault="zap: connection refused")
    state = state_of(applied=applied, log_level="Debug")
    assert (state["in-force"], state["applied"]["fault"]) == (False, "zap: connection refused")
    text = shown(capsys, "text", alone=True, **{"n1-a": state})
    assert text == "n1-a: Debug (log-level)\n  in force: Info; zap: connection refused\n"
    assert "Debug (Info in force)" in shown(capsys, "table", alone=True, **{"n1-a": state})


def test_json_is_one_object_when_one_was_asked_for_and_else_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    state = state_of(log_level="Warn")
    one = json.loads(shown(capsys, "json", alone=True, **{"n1-a": state}))
    assert one == {"name": "n1-a", "level": "Warn", "source": "log-level", "log-level": "Warn"}
    both = json.loads(shown(capsys, "json", alone=False, **{"n1-a": state, "n1-b": state}))
    assert [each["name"] for each in both] == ["n1-a", "n1-b"]
    assert shown(capsys, "json", alone=True) == ""
    assert json.loads(shown(capsys, "json", alone=False)) == []


def test_a_table_has_the_loggers_in_a_column(capsys: pytest.CaptureFixture[str]) -> None:
    state = state_of(Control("Error", logger="db"), Control("Debug", logger="a"), log_level="Warn")
    text = shown(capsys, "table", alone=False, **{"n1-a": state})
    assert "LOGGERS" in text
    assert "a=Debug db=Error" in text


async def test_the_agent_tells_it_itself_or_it_is_not_found() -> None:
    service = DiagnosticsService.with_defaults("a", "n1")
    async with service, DiagnosticsServer([service]) as server:
        backend = AddressBackend(server.address, DiagnosticsClient)
        with pytest.raises(NotFound, match="n1-a"):
            await agent_state(backend, "n1-a")
        told = {"level": "Debug", "source": "override", "by": "kim", "address": "not of the level"}
        service.expvars.publish("agent", Func(lambda: told))
        assert await agent_state(backend, "n1-a") == {"level": "Debug", "source": "override", "by": "kim"}
