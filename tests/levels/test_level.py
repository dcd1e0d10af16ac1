"""Levels are read in any case and written in one."""

from __future__ import annotations

import logging

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.levels.level import AUDIT, Level


@pytest.mark.parametrize("text", ["Debug", "debug", "DEBUG", " dEbUg ", "all"])
def test_any_case_is_accepted(text: str) -> None:
    assert Level.parse(text) is Level.DEBUG
    assert Level.of(text) is Level.DEBUG


def test_the_numbers_are_those_of_logging() -> None:
    assert [Level.parse(name) for name in ("debug", "info", "warn", "error")] == [
        logging.DEBUG,
        logging.INFO,
        logging.WARNING,
        logging.ERROR,
    ]


def test_none_lets_only_audit_lines_pass() -> None:
    assert logging.CRITICAL < Level.NONE <= AUDIT


@pytest.mark.parametrize("text", ["", "loud", "infos"])
def test_unknown_means_info_where_nobody_can_be_told(text: str) -> None:
    assert Level.of(text) is Level.INFO


def test_unknown_is_refused_by_name_with_the_valid_ones() -> None:
    with pytest.raises(InvalidArgument, match=r"log-level: unknown level, got 'loud'; valid: Debug, Info, Warn"):
        Level.parse("loud", "log-level")


def test_texts_are_camel_case() -> None:
    assert [level.text for level in Level] == ["Debug", "Info", "Warn", "Error", "None"]
