"""Levels come onto the loggers and go from them again, and what their owners set is never lost."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.levels.logger_tree import LoggerTree
from corvo_agent.levels.thresholds import Thresholds

from .kit import fresh_name, untouched_levels

DEBUG, INFO, WARNING, ERROR = logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR
NOTHING = Thresholds({})


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    with untouched_levels():
        yield


@pytest.fixture
def top() -> logging.Logger:
    return logging.getLogger(fresh_name())


@pytest.fixture
def tree() -> Iterator[LoggerTree]:
    made = LoggerTree()
    yield made
    made.apply(NOTHING)


def test_named_loggers_get_their_level_and_the_owners_comes_back(tree: LoggerTree, top: logging.Logger) -> None:
    top.setLevel(WARNING)
    tree.apply(Thresholds({top.name: DEBUG}))
    assert (top.level, tree.own_level(top)) == (DEBUG, WARNING)
    assert top.isEnabledFor(DEBUG)
    tree.apply(NOTHING)
    assert (top.level, tree.own_level(top)) == (WARNING, WARNING)
    assert not top.isEnabledFor(DEBUG)


def test_a_logger_below_that_is_quieter_than_its_parent_stays_so(tree: LoggerTree, top: logging.Logger) -> None:
    top.setLevel(INFO)
    quiet, loud, plain = (top.getChild(name) for name in ("quiet", "loud", "plain"))
    quiet.setLevel(ERROR)
    loud.setLevel(DEBUG)
    tree.apply(Thresholds({top.name: WARNING}))
    assert (quiet.level, loud.level, plain.level) == (ERROR, WARNING, logging.NOTSET)
    assert plain.getEffectiveLevel() == WARNING


def test_a_level_that_its_owner_sets_meanwhile_is_the_owners_from_then_on(
    tree: LoggerTree, top: logging.Logger
) -> None:
    thresholds = Thresholds({top.name: DEBUG})
    tree.apply(thresholds)
    top.setLevel(ERROR)
    assert tree.drifted(thresholds)
    tree.apply(thresholds)
    assert (top.level, tree.own_level(top)) == (DEBUG, ERROR)
    assert not tree.drifted(thresholds)
    tree.apply(NOTHING)
    assert top.level == ERROR


def test_a_logger_with_a_level_that_is_made_later_is_noticed(tree: LoggerTree, top: logging.Logger) -> None:
    thresholds = Thresholds({top.name: WARNING})
    tree.apply(thresholds)
    late = top.getChild("late")
    assert not tree.drifted(thresholds)
    late.setLevel(DEBUG)
    assert tree.drifted(thresholds)
    tree.apply(thresholds)
    assert late.level == WARNING


def test_what_is_named_no_longer_is_given_back(tree: LoggerTree, top: logging.Logger) -> None:
    other = logging.getLogger(fresh_name())
    other.setLevel(ERROR)
    tree.apply(Thresholds({top.name: DEBUG, other.name: DEBUG}))
    tree.apply(Thresholds({top.name: DEBUG}))
    assert (top.level, other.level) == (DEBUG, ERROR)


def test_cached_answers_are_forgotten(tree: LoggerTree, top: logging.Logger) -> None:
    top.setLevel(INFO)
    below = top.getChild("a.b")
    assert not below.isEnabledFor(DEBUG)
    tree.apply(Thresholds({top.name: DEBUG}))
    assert below.isEnabledFor(DEBUG)
    tree.apply(NOTHING)
    assert not below.isEnabledFor(DEBUG)


LEVELS = st.sampled_from((DEBUG, INFO, WARNING, ERROR))
PATHS = st.sampled_from(("", ".a", ".a.b", ".a.b.c", ".d"))


@given(own=st.dictionaries(PATHS, LEVELS), changes=st.lists(st.dictionaries(PATHS, LEVELS, min_size=1), max_size=4))
def test_after_any_changes_nothing_is_left_of_them(own: dict[str, int], changes: list[dict[str, int]]) -> None:
    base = fresh_name()
    loggers = {path: logging.getLogger(base + path) for path in ("", ".a", ".a.b", ".a.b.c", ".d")}
    for path, level in own.items():
        loggers[path].setLevel(level)
    tree = LoggerTree()
    for change in changes:
        thresholds = Thresholds({base + path: level for path, level in change.items()})
        tree.apply(thresholds)
        assert {path: loggers[path].level for path in change} == change
        assert {path: tree.own_level(logger) for path, logger in loggers.items()} == {
            path: own.get(path, logging.NOTSET) for path in loggers
        }
        assert not tree.drifted(thresholds)
    tree.apply(NOTHING)
    assert {path: logger.level for path, logger in loggers.items() if logger.level} == own
