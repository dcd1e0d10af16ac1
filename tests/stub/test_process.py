"""A worker has the level that its hub asks for, whatever its program has done to its loggers meanwhile."""

from __future__ import annotations

import logging

from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelSource, LevelState
from corvo_agent.stub.messages import pack_level
from corvo_agent.stub.process import WorkerProcess, has_program
from tests.levels.kit import untouched_levels


def test_the_same_level_again_reaches_loggers_that_have_left_it() -> None:
    process = WorkerProcess("app")
    asked = {"t": "level", "seq": 1, "state": pack_level(LevelState(Level.DEBUG, LevelSource.LOG_LEVEL))}
    with untouched_levels():
        process.heard(asked, b"")
        assert logging.root.level == logging.DEBUG
        # As a program that is loaded in a forked child does.
        logging.root.setLevel(logging.INFO)
        process.heard(asked, b"")
        assert logging.root.level == logging.DEBUG
        process.layer.close()
        assert logging.root.level == logging.INFO


def test_what_a_process_runs_is_known() -> None:
    assert has_program()
