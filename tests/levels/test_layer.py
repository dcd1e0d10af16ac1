"""An agent's layer: over the application's levels while it is there, gone without a trace, ended in children too."""

from __future__ import annotations

import copy
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator

import pytest

from corvo_agent.levels.filter import get_log_filter, refresh_filter, reset_filter
from corvo_agent.levels.layer import LevelLayer
from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelState

from .kit import fresh_name, untouched_levels


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    with untouched_levels():
        yield


@pytest.fixture
def layer() -> Iterator[LevelLayer]:
    made = LevelLayer()
    yield made
    made.close()


def test_the_application_s_filter_is_in_force_again_when_it_is_taken_away(layer: LevelLayer) -> None:
    reset_filter(get_log_filter("Error"))
    layer.apply(LevelState(Level.DEBUG))
    assert logging.root.level == logging.DEBUG
    layer.close()
    layer.close()
    assert logging.root.level == logging.ERROR


@pytest.mark.parametrize("level", [logging.INFO, logging.DEBUG])
def test_a_level_set_while_it_holds_stays_when_it_goes_also_the_same_number(layer: LevelLayer, level: int) -> None:
    layer.apply(LevelState(Level.INFO))
    # What basicConfig, dictConfig and setLevel do: nothing else tells this INFO from the agent's.
    logging.root.setLevel(level)
    layer.close()
    assert logging.root.level == level


def test_a_refresh_keeps_what_was_set_and_holds_the_agent_s(layer: LevelLayer) -> None:
    layer.apply(LevelState(Level.DEBUG))
    logging.root.setLevel(logging.DEBUG)
    assert refresh_filter() is True
    layer.apply(LevelState(Level.ERROR))
    assert logging.root.level == logging.ERROR
    layer.close()
    assert logging.root.level == logging.DEBUG


def test_code_that_puts_back_what_it_had_found_is_no_owner(layer: LevelLayer) -> None:
    logger = logging.getLogger(fresh_name())
    logger.setLevel(logging.INFO)
    layer.apply(LevelState(Level.DEBUG))
    found = logger.level
    logger.setLevel(logging.CRITICAL)
    layer.apply(LevelState(Level.WARN))
    logger.setLevel(found)
    layer.apply(LevelState(Level.DEBUG))
    layer.close()
    assert logger.level == logging.CRITICAL


def test_what_code_puts_back_after_it_has_gone_does_not_stay(layer: LevelLayer) -> None:
    logger = logging.getLogger(fresh_name())
    logger.setLevel(logging.INFO)
    layer.apply(LevelState(Level.DEBUG))
    found, found_root = logger.level, logging.root.level
    layer.close()
    before = logging.root.level
    logger.setLevel(found)
    logging.root.setLevel(found_root)
    assert refresh_filter() is True
    assert (logger.level, logging.root.level) == (logging.INFO, before)
    assert refresh_filter() is False
    assert type(logger.level) is type(logging.root.level) is int


def test_a_level_that_is_no_number_keeps_no_other_logger_from_following(layer: LevelLayer) -> None:
    broken, other = logging.getLogger(fresh_name()), logging.getLogger(fresh_name())
    other.setLevel(logging.ERROR)
    # As configuration that is read from a file does, past setLevel.
    vars(broken)["level"] = "DEBUG"
    layer.apply(LevelState(Level.DEBUG))
    assert logging.root.level == logging.DEBUG
    layer.close()
    assert vars(broken)["level"] == "DEBUG"
    broken.setLevel(logging.NOTSET)


def test_a_level_copied_from_another_logger_is_the_owner_s_word(layer: LevelLayer) -> None:
    logger = logging.getLogger(fresh_name())
    layer.apply(LevelState(Level.ERROR))
    logger.setLevel(logging.root.level)
    layer.apply(LevelState(Level.DEBUG))
    layer.close()
    assert logger.level == logging.ERROR


def test_what_is_on_the_loggers_is_a_number_like_any_other(layer: LevelLayer) -> None:
    layer.apply(LevelState(Level.DEBUG))
    level = logging.root.level
    assert (repr(level), type(pickle.loads(pickle.dumps(level))), copy.deepcopy(level)) == ("10", int, 10)
    assert logging.getLevelName(level) == "DEBUG"


def test_disabled_loggers_and_logging_disable_are_respected(layer: LevelLayer) -> None:
    logger = logging.getLogger(fresh_name())
    logger.disabled = True
    logging.disable(logging.WARNING)
    layer.apply(LevelState(Level.DEBUG))
    assert (logger.disabled, logger.isEnabledFor(logging.ERROR), logging.root.isEnabledFor(30)) == (True, False, False)
    layer.close()
    assert (logger.disabled, logging.root.manager.disable) == (True, logging.WARNING)


CHILD = """
import logging, os, sys, time
from corvo_agent.levels.layer import LevelLayer
from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelState
logging.root.setLevel(logging.ERROR)
lasting = LevelState(Level.WARN)
layer = LevelLayer()
until = time.time_ns() + 500_000_000
layer.apply(LevelState(Level.DEBUG, until=until, then=lasting))
if sys.argv[1] == "closed":
    layer.close()
if sys.argv[1] == "two":
    # The one that ends last is below: it is not to keep the other in force.
    below = LevelLayer()
    layer.close()
    below.apply(LevelState(Level.INFO, until=time.time_ns() + 3600 * 10**9))
    until = time.time_ns() + 300_000_000
    layer.apply(LevelState(Level.DEBUG, until=until, then=lasting))
pid = os.fork()
if pid == 0:
    began = logging.root.level
    if sys.argv[1] == "closed":
        os._exit(began != 40)
    # On a crowded machine it may be over before the child has begun.
    if began != 10 and time.time_ns() < until:
        os._exit(1)
    while logging.root.level != 30:
        time.sleep(0.01)
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.parametrize("case", ["one", "closed", "two"])
def test_an_override_ends_in_a_child_that_was_forked_meanwhile(case: str) -> None:
    # In a process of its own: forking the test's process would copy whatever threads pytest has.
    command = [sys.executable, "-W", "ignore", "-c", CHILD, case]
    result = subprocess.run(command, timeout=60, capture_output=True, text=True, env=os.environ)
    assert (result.returncode, result.stderr) == (0, "")
