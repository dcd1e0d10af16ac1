"""The numbers of every kind of process become the same rows."""

from __future__ import annotations

from typing import Any

import pytest

from corvo_agent.cli.live.fact_rows import fact_rows
from corvo_agent.overview.facts import Facts, facts

INSIDE = {
    "agent": {"level": "Debug"},
    "cpustats": {"NumCPUs": 4, "NumGoroutines": 9, "NumThreads": 5, "Percent": 12.5},
    "memstats": {"RSS": 3 << 20, "PeakRSS": 4 << 20},
    "runtime": {
        "UptimeSeconds": 3725.4,
        "LoopLagLastMinute": {"MeanMs": 0.5, "MaxMs": 7.25},
        "Tasks": {"total": 3, "running": 1, "waiting": 2},
        "FileDescriptors": {"Open": 8, "Limit": 1024},
    },
}
GO = {"cpustats": {"NumCPUs": 16, "NumGoroutines": 170, "NumCgoCalls": 1}, "memstats": {"Sys": 5 << 20, "Alloc": 1}}


def test_a_python_process_from_inside() -> None:
    assert fact_rows(facts(INSIDE)) == [
        ("cpu", "12.5% of 4 processors"),
        ("memory", "3.00MB (peak 4.00MB)"),
        ("loop lag", "0.50ms (longest of a minute 7.25ms)"),
        ("tasks", "3 (1 running, 2 waiting)"),
        ("threads", "5"),
        ("descriptors", "8 (of 1024)"),
        ("level", "Debug"),
        ("uptime", "1h2m"),
    ]


def test_several_processes_of_one_module() -> None:
    other = {**INSIDE, "cpustats": {"NumCPUs": 4, "NumThreads": 2, "Percent": 1.0}, "runtime": {"UptimeSeconds": 5}}
    shown = fact_rows(facts({"agent": {"level": "Warn"}, "process": {"pid": 7}, "workers": {"1": INSIDE, "2": other}}))
    assert shown == [
        ("cpu", "13.5% of 4 processors"),
        ("memory", "6.00MB"),
        ("loop lag", "0.50ms (longest of a minute 7.25ms)"),
        ("tasks", "3 (1 running, 2 waiting)"),
        ("threads", "7"),
        ("descriptors", "8"),
        ("level", "Warn"),
        ("pid", "7"),
        ("uptime", "1h2m"),
    ]


def test_a_go_process() -> None:
    assert fact_rows(facts(GO)) == [("memory", "5.00MB"), ("goroutines", "170")]


@pytest.mark.parametrize(
    "stats", [{}, {"cpustats": {"error": "NotFound: x"}, "runtime": "x", "memstats": {"RSS": "y"}}]
)
def test_what_is_not_told_is_left_out(stats: dict[str, Any]) -> None:
    assert facts(stats) == Facts()
    assert fact_rows(facts(stats)) == []
