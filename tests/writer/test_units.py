"""What systemd says of a service becomes a status, and the reason of an end outlives the next start."""

from __future__ import annotations

import pytest

from corvo_agent.errors import ConfigError
from corvo_agent.modules import ModuleStatus
from corvo_agent.writer.units import Unit, name_matcher, service_patterns

AGAIN = {"Result": "success", "NRestarts": 1, "ExecMainCode": 0, "ExecMainStatus": 0}


def test_a_service_is_a_module_with_all_that_systemd_tells() -> None:
    unit = Unit("pen-npm.service")
    unit.learn({"ActiveEnterTimestamp": 1_700_000_000_123_456, "NRestarts": 2, "Result": "success"})
    told = unit.present("node1")
    assert told.name == "node1-pen-npm"
    assert told.status == ModuleStatus(
        node="node1",
        module="pen-npm",
        last_start=1_700_000_000_123_456_000,
        restart_count=2,
        service="pen-npm.service",
    )
    assert told.known == {"restart_count"}


def test_of_a_unit_that_is_not_loaded_nothing_but_its_name_is_known() -> None:
    told = Unit("pen-npm.service").present("node1")
    assert told.status == ModuleStatus(node="node1", module="pen-npm", service="pen-npm.service")
    assert told.known == frozenset()


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ({"Result": "exit-code", "ExecMainCode": 1, "ExecMainStatus": 3}, "exit-code (exit code 3)"),
        ({"Result": "signal", "ExecMainCode": 2, "ExecMainStatus": 9}, "signal (SIGKILL)"),
        ({"Result": "core-dump", "ExecMainCode": 3, "ExecMainStatus": 11}, "core-dump (SIGSEGV)"),
        ({"Result": "signal", "ExecMainCode": 2, "ExecMainStatus": 99}, "signal (signal 99)"),
        ({"Result": "watchdog"}, "watchdog"),
        ({"Result": "success", "ExecMainCode": 1, "ExecMainStatus": 0}, "success (exit code 0)"),
    ],
)
def test_why_it_was_restarted_is_told_when_it_runs_again(end: dict[str, object], reason: str) -> None:
    """systemd tells of the service first and of the unit's state then, at the end as at the start."""
    unit = Unit("pen-npm.service", reason="older")
    unit.learn(end)
    unit.learn({"SubState": "auto-restart"})
    unit.learn(AGAIN)
    unit.learn({"SubState": "running"})
    assert unit.present("node1").status.last_restart_reason == reason


def test_stopping_and_starting_by_hand_is_no_reason() -> None:
    unit = Unit("pen-npm.service", reason="exit-code (exit code 3)")
    for state in ("dead", "start", "running"):
        unit.learn({"Result": "success", "NRestarts": 0, "ExecMainCode": 0})
        unit.learn({"SubState": state})
    assert unit.present("node1").status.last_restart_reason == "exit-code (exit code 3)"


def test_patterns_name_services_as_for_systemctl() -> None:
    assert service_patterns(["pen-*", "npm.service", "worker@1"]) == (
        "pen-*.service",
        "npm.service",
        "worker@1.service",
    )


@pytest.mark.parametrize("patterns", [[], [""], ["a/b"], ["pen-*.timer"], ["a\nb"]])
def test_other_patterns_are_refused_by_name(patterns: list[str]) -> None:
    with pytest.raises(ConfigError, match="unit"):
        service_patterns(patterns)


def test_names_match_as_in_the_shell() -> None:
    matches = name_matcher(("pen-*.service", "a?[bc].service"))
    assert [name for name in ("pen-a.service", "open-a.service", "axb.service", "axd.service") if matches(name)] == [
        "pen-a.service",
        "axb.service",
    ]
