"""The tasks of a process are told from outside where its Python lets them be seen, and else it is said why not."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from corvo_agent.profiles.sampling.py_spy_output import ThreadDump
from corvo_agent.sidecar.answers.outside_tasks import tasks_from_outside
from tests.profiles.spawn import load, running
from tests.sidecar.injection.kit import PROGRAM, python_with_protocol, unprepared


async def test_those_of_a_3_14_are_seen_and_whom_they_wait_for() -> None:
    with unprepared(python_with_protocol()) as process:
        tasks, said = await tasks_from_outside(process.pid, [ThreadDump("MainThread", process.pid, False, False, ())])
    by_name = {str(label.value): sample for sample in tasks for label in sample.labels if label.key == "task"}
    assert {"holder", "wanter", "ticker"} < set(by_name)
    assert by_name["wanter"].stack[-1].function.endswith("program.want")
    assert by_name["wanter"].stack[-1].filename == str(PROGRAM)
    (root,) = set(by_name) - {"holder", "wanter", "ticker"}
    waited = {label.value for label in by_name[root].labels if label.key == "waits_for"}
    assert waited == {"holder", "wanter", "ticker"}
    assert {label.value for sample in tasks for label in sample.labels if label.key == "thread"} == {"MainThread"}
    assert said.startswith("4 tasks as seen from outside")


async def test_a_program_without_asyncio_has_none() -> None:
    with running(python_with_protocol(), "-I", "-c", "print('ready', flush=True); input()") as process:
        tasks, said = await tasks_from_outside(process.pid, [])
    assert tasks == []
    assert said.startswith("no tasks: ")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="the tasks of this Python are seen")
async def test_of_older_pythons_it_is_said_that_they_are_not_seen() -> None:
    with load("idle") as process:
        found = await tasks_from_outside(process.pid, [])
    assert found == ([], "tasks are seen from inside the process only, and from outside of Python 3.14")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python reads them itself")
async def test_a_program_that_is_no_interpreter_is_not_started_once_more(tmp_path: Path) -> None:
    frozen = tmp_path / "shop"
    shutil.copy(python_with_protocol(), frozen)
    with running(str(frozen), "-I", "-c", "print('ready', flush=True); input()") as process:
        tasks, said = await tasks_from_outside(process.pid, [])
    assert tasks == []
    assert "is no interpreter" in said
