from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from corvo_agent.levels.audit import audit
from corvo_agent.levels.filter import get_log_filter, reset_filter
from corvo_agent.levels.level import AUDIT

from .kit import Lines, fresh_name, untouched_levels


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    with untouched_levels():
        yield


def test_audit_lines_pass_every_level_and_carry_their_fields() -> None:
    logger, lines = logging.getLogger(fresh_name()), Lines()
    logger.addHandler(lines)
    reset_filter(get_log_filter("None", {logger.name: "None"}))
    logger.critical("not audit")
    audit(logger, "%s done", "login", user="kim", result="Success")
    (record,) = lines.records
    assert (record.levelno, record.getMessage()) == (AUDIT, "login done")
    assert (record.__dict__["user"], record.__dict__["result"]) == ("kim", "Success")
    assert record.filename == "test_audit.py"
    assert record.funcName == "test_audit_lines_pass_every_level_and_carry_their_fields"


def test_fields_that_a_record_has_already_are_renamed() -> None:
    logger, lines = logging.getLogger(fresh_name()), Lines()
    logger.addHandler(lines)
    audit(logger, name="x", module="y", message="z")
    (record,) = lines.records
    assert (record.__dict__["name_"], record.__dict__["module_"], record.__dict__["message_"]) == ("x", "y", "z")
    assert record.name == logger.name


def test_a_logger_that_is_switched_off_writes_none() -> None:
    logger, lines = logging.getLogger(fresh_name()), Lines()
    logger.addHandler(lines)
    logger.disabled = True
    audit(logger, "x")
    assert lines.records == []
