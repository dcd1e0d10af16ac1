"""``corvo ps``: what runs Python on this machine."""

from __future__ import annotations

import os
import sys

from tests.cli.kit import run_here
from tests.profiles.spawn import load

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def test_processes_are_listed_by_a_part_of_their_command_line() -> None:
    with load("idle", "0", "--token=abc") as process:
        outcome = run_here("ps", rf"loads\.py idle.*abc|^{os.getpid()}$")
        listed = run_here("ps", r"loads\.py idle 0 --token", "-o", "json")
    assert outcome.code == 0
    # Secrets are masked before they are searched: what is not shown does not match.
    assert outcome.rows == []
    (row,) = (row for row in listed.json if row["pid"] == process.pid)
    assert (row["python"], row["parent"], row["closed"]) == (HERE, os.getpid(), "")
    assert row["command"][-1] == "--token=***"


def test_a_process_that_cannot_be_looked_into_says_why() -> None:
    with load("idle", options=("-X", "disable-remote-debug")) as process:
        outcome = run_here("ps", "disable-remote-debug.*loads.py")
    (row,) = (row for row in outcome.rows if row[0] == str(process.pid))
    assert (row[2], row[6]) == (HERE, "no")
    assert "it was started with -X disable-remote-debug\n" in outcome.err


def test_what_is_no_pattern_is_refused() -> None:
    outcome = run_here("ps", "(")
    assert outcome.code == 2
    assert "PATTERN: not a regular expression" in outcome.err
