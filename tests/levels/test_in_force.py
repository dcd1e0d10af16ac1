"""Layers over the application's filters: each comes and goes by itself, and what is below shows again."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.levels.filter import get_log_filter
from corvo_agent.levels.in_force import APPLICATION, LevelsInForce

from .kit import fresh_name, untouched_levels


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    with untouched_levels():
        yield


@pytest.fixture
def in_force() -> Iterator[LevelsInForce]:
    made = LevelsInForce()
    yield made
    for layer in made.layers:
        for name in list(made.filters(layer)):
            made.replace(layer, name, None)


def test_what_the_application_wants_shows_again_when_the_last_layer_goes(in_force: LevelsInForce) -> None:
    in_force.replace(APPLICATION, "", get_log_filter("Error"))
    in_force.replace("one", "", get_log_filter("Debug"))
    in_force.replace("two", "", get_log_filter("Info"))
    assert logging.root.level == logging.INFO
    in_force.replace("one", "", None)
    assert logging.root.level == logging.INFO
    in_force.replace("two", "", None)
    assert logging.root.level == logging.ERROR
    in_force.replace(APPLICATION, "", None)
    assert logging.root.level == logging.WARNING


def test_the_layer_that_changed_last_is_the_uppermost(in_force: LevelsInForce) -> None:
    in_force.replace("one", "", get_log_filter("Debug"))
    in_force.replace("two", "", get_log_filter("Info"))
    in_force.replace("one", "", get_log_filter("Error"))
    assert logging.root.level == logging.ERROR
    in_force.replace("two", "", get_log_filter("Info"))
    assert logging.root.level == logging.ERROR, "the same again is no change"
    in_force.replace(APPLICATION, "", get_log_filter("Debug"))
    assert logging.root.level == logging.ERROR, "the application's is the lowest, whenever it changes"


def test_a_layer_reaches_the_logger_that_the_application_has_a_filter_for(in_force: LevelsInForce) -> None:
    name = fresh_name()
    in_force.replace(APPLICATION, name, get_log_filter("Info"))
    in_force.replace("agent", "", get_log_filter("Debug"))
    assert logging.getLogger(name).level == logging.DEBUG
    assert in_force.thresholds.of(name) == logging.DEBUG
    in_force.replace("agent", "", None)
    assert (logging.getLogger(name).level, logging.root.level) == (logging.INFO, logging.WARNING)


def test_what_the_application_s_filter_makes_quieter_stays_quieter_unless_it_is_named(in_force: LevelsInForce) -> None:
    name = fresh_name()
    in_force.replace(APPLICATION, "", get_log_filter("Info", {name: "Error"}))
    in_force.replace("agent", "", get_log_filter("Debug"))
    assert (in_force.thresholds.of(name), in_force.thresholds.of("other")) == (logging.ERROR, logging.DEBUG)
    in_force.replace("agent", "", get_log_filter("Debug", {name: "Debug"}))
    assert in_force.thresholds.of(name) == logging.DEBUG


Step = tuple[str, str | None]
LEVELS = st.sampled_from(("Debug", "Info", "Warn", "Error", "None"))
STEPS = st.lists(st.tuples(st.sampled_from((APPLICATION, "one", "two")), LEVELS | st.none()), max_size=12)


@given(own=st.dictionaries(st.sampled_from(("", ".a", ".a.b")), st.sampled_from((10, 20, 30, 40))), steps=STEPS)
def test_after_any_coming_and_going_nothing_is_left(
    own: Mapping[str, int], steps: list[tuple[str, str | None]]
) -> None:
    base, made = fresh_name(), LevelsInForce()
    loggers = {path: logging.getLogger(base + path) for path in ("", ".a", ".a.b")}
    for path, level in own.items():
        loggers[path].setLevel(level)
    for layer, text in steps:
        made.replace(layer, base, None if text is None else get_log_filter(text))
        wanted = [filters[base] for filters in made.layers.values() if base in filters]
        assert loggers[""].level == (wanted[-1].level if wanted else own.get("", 0))
    for layer in (APPLICATION, "one", "two"):
        made.replace(layer, base, None)
    assert {path: logger.level for path, logger in loggers.items() if logger.level} == own
