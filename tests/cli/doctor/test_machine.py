"""What this machine has."""

from __future__ import annotations

import configparser
import importlib.util
import re
from importlib import metadata
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from corvo_agent.cli.doctor import machine
from corvo_agent.cli.doctor.finding import Finding, Verdict


def checked() -> dict[str, Finding]:
    return {finding.what: finding for finding in machine.check_machine()}


def test_where_the_tests_run_nothing_is_a_fault() -> None:
    found = checked()
    assert set(found) == {"python", "libraries", "py-spy", "ptrace", "extras"}
    assert not [finding for finding in found.values() if finding.verdict is Verdict.FAULT]
    assert all(finding.seen for finding in found.values())


def test_a_library_that_is_missing_or_too_old_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    original = metadata.version

    def told(name: str) -> str:
        if name == "orjson":
            raise PackageNotFoundError(name)
        return "0.1" if name == "aiohttp" else original(name)

    monkeypatch.setattr(machine, "version", told)
    found = checked()["libraries"]
    assert found.verdict is Verdict.FAULT
    assert "orjson is missing" in found.seen
    assert "aiohttp is 0.1, " in found.seen


def test_an_extra_that_is_missing_is_told_with_what_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    original = importlib.util.find_spec

    def found(name: str, *more: Any) -> Any:
        return None if name == "memray" else original(name, *more)

    monkeypatch.setattr(importlib.util, "find_spec", found)
    extras = checked()["extras"]
    assert extras.verdict is Verdict.NOTE
    assert "without heap: no heap recordings" in extras.seen
    # Others may be missing, too.
    assert re.search(r"corvo-agent\[(\w+,)*heap[,\]]", extras.do)


def test_it_advises_every_extra_that_brings_something_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = configparser.ConfigParser()
    setup.read(Path(__file__).resolve().parents[3] / "setup.cfg")
    bring = {extra for extra, packages in setup["options.extras_require"].items() if packages}
    of_all = re.search(r"\[(.+)\]", setup["options.extras_require"]["all"])
    assert of_all is not None
    monkeypatch.setattr(importlib.util, "find_spec", lambda *name: None)
    monkeypatch.setattr(machine, "find_py_spy", lambda: None)
    found = checked()
    assert not re.search(r"no an? ", found["extras"].seen)
    advised = re.findall(r"corvo-agent\[([\w,]+)\]", found["extras"].do + found["py-spy"].do)
    assert set(",".join(advised).split(",")) == bring & set(of_all.group(1).split(",")) | {"mcp"}


@pytest.mark.parametrize(("scope", "words"), [(1, "own descendants"), (2, "by administrators"), (3, "none")])
def test_a_machine_that_restricts_looking_into_processes(
    monkeypatch: pytest.MonkeyPatch, scope: int, words: str
) -> None:
    monkeypatch.setattr(machine, "ptrace_scope", lambda: scope)
    finding = checked()["ptrace"]
    assert (finding.verdict, words in finding.seen) == (Verdict.NOTE, True)
    # The strictest cannot be had otherwise until the next boot, not even with the capability.
    assert ("SYS_PTRACE" in finding.do) == (scope < 3)
    assert "agent inside" in finding.do
