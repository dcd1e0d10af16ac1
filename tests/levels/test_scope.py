"""What a level below Info reaches: the application's own loggers, all, or those that are named."""

from __future__ import annotations

import logging
import sys
import sysconfig
import types
from collections.abc import Iterator

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.levels.filter import LiveFilter, get_log_filter, held_back, refresh_filter, reset_filter

from .kit import fresh_name, untouched_levels


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    with untouched_levels():
        yield


def record(level: int, name: str) -> logging.LogRecord:
    return logging.LogRecord(name, level, "f.py", 1, "m", (), None)


def library() -> str:
    """The name of a module that counts as installed, and that nothing has logged under."""
    name = fresh_name()
    module = types.ModuleType(name)
    module.__file__ = sysconfig.get_path("purelib") + f"/{name}.py"
    sys.modules[name] = module
    return name


def test_below_info_only_the_application_s_own_loggers_are_reached() -> None:
    own, theirs = logging.getLogger(fresh_name()), logging.getLogger(f"{library()}.pool")
    reset_filter(get_log_filter("Debug"))
    assert own.isEnabledFor(logging.DEBUG)
    assert (theirs.isEnabledFor(logging.DEBUG), theirs.isEnabledFor(logging.INFO)) == (False, True)
    assert not LiveFilter().filter(record(logging.DEBUG, theirs.name))
    assert theirs.name in held_back()
    reset_filter(get_log_filter("Error"))
    assert not theirs.isEnabledFor(logging.WARNING)
    assert theirs.name not in held_back()
    reset_filter(None)
    assert theirs.level == logging.NOTSET


def test_libraries_whose_loggers_are_made_later_are_held_back_at_once() -> None:
    before = logging.root.manager._fixupParents  # type: ignore[attr-defined]
    reset_filter(get_log_filter("Debug"))
    name = library()
    late, own = logging.getLogger(f"{name}.pool"), logging.getLogger(f"{fresh_name()}.x")
    assert not late.isEnabledFor(logging.DEBUG)
    assert not logging.getLogger(f"{name}.pool.deep").isEnabledFor(logging.DEBUG)
    assert own.isEnabledFor(logging.DEBUG)
    assert refresh_filter() is False
    reset_filter(None)
    assert late.level == logging.NOTSET
    assert logging.root.manager._fixupParents == before  # type: ignore[attr-defined]


def test_a_library_is_reached_by_its_name_and_by_a_wider_scope() -> None:
    theirs = logging.getLogger(library())
    other = logging.getLogger(fresh_name())
    for level_filter, reached in [
        (get_log_filter("Debug", {theirs.name: "Debug"}), [True, True]),
        (get_log_filter("Debug", scope="all"), [True, True]),
        (get_log_filter("Debug", scope=(theirs.name,)), [True, False]),
        (get_log_filter("Debug"), [False, True]),
        (get_log_filter("Warn", scope=(theirs.name,)), [False, False]),
    ]:
        reset_filter(level_filter)
        assert [theirs.isEnabledFor(logging.DEBUG), other.isEnabledFor(logging.DEBUG)] == reached, level_filter
    with pytest.raises(InvalidArgument, match="scope"):
        get_log_filter("Debug", scope="everything")


def test_a_library_that_its_owner_made_louder_or_quieter_stays_so() -> None:
    logging.root.setLevel(logging.INFO)
    loud, quiet = logging.getLogger(library()), logging.getLogger(library())
    loud.setLevel(logging.DEBUG)
    quiet.setLevel(logging.ERROR)
    reset_filter(get_log_filter("Debug"))
    assert (loud.level, quiet.level) == (logging.DEBUG, logging.ERROR)
    assert LiveFilter().filter(record(logging.DEBUG, loud.name))
    late = logging.getLogger(library())
    late.setLevel(logging.DEBUG)
    assert refresh_filter() is True
    assert late.level == logging.DEBUG
    assert LiveFilter().filter(record(logging.DEBUG, late.name))


def test_a_logger_that_a_library_has_hung_below_its_own_is_the_application_s() -> None:
    logging.root.setLevel(logging.INFO)
    theirs, own, late = logging.getLogger(library()), logging.getLogger(fresh_name()), logging.getLogger(fresh_name())
    theirs.setLevel(logging.INFO)
    # As Celery's get_task_logger does.
    own.parent = theirs
    reset_filter(get_log_filter("Debug"))
    assert (own.isEnabledFor(logging.DEBUG), theirs.isEnabledFor(logging.DEBUG)) == (True, False)
    assert own.getChild("sub").isEnabledFor(logging.DEBUG)
    late.parent = theirs
    assert refresh_filter() is True
    assert late.isEnabledFor(logging.DEBUG)
    reset_filter(None)
    assert (own.level, late.level) == (logging.NOTSET, logging.NOTSET)
    theirs.setLevel(logging.ERROR)
    reset_filter(get_log_filter("Debug"))
    assert not own.isEnabledFor(logging.WARNING)
