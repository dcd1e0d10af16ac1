"""Words and numbers of all loggers mean one severity each; the key decides on which scale a number is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.levels.level import Level
from corvo_agent.logs.dialects.severity import WORDS, Scale, Severity, of_number, of_value, of_word

T, D, I, W, E, F = (  # noqa: E741 - one letter a level
    *(Severity.TRACE, Severity.DEBUG, Severity.INFO),
    *(Severity.WARN, Severity.ERROR, Severity.FATAL),
)


def test_each_word_means_one_severity() -> None:
    words = [word for several in WORDS.values() for word in several]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        *[
            (text, E)
            for text in ("ERR", "E", "SEVERE", "ERROR+2", "Error", " error ", "[error]", "eror", "\x1b[31mERROR\x1b[0m")
        ],
        *[(text, F) for text in ("CRITICAL", "dpanic", "emerg", "ALERT", "FATAL", "ftl", "fatal:")],
        *[(text, W) for text in ("WARNING", "wrn", "W", "Warn")],
        *[(text, I) for text in ("Information", "notice", "success", "INFO-1", "LOG")],
        *[(text, D) for text in ("dbug", "FINE", "CONFIG", "DEBUG1", "http")],
        *[(text, T) for text in ("silly", "Verbose", "FINEST", "trce")],
        ("audit", Severity.AUDIT),
        *[(text, None) for text in ("", "loud", "raw", "marker", "error " * 20, "\ud83d", "errors are bad")],
    ],
)
def test_words(text: str, severity: Severity | None) -> None:
    assert of_word(text) is severity


@pytest.mark.parametrize(
    ("scale", "numbers"),
    [
        (Scale.SYSLOG, {0: F, 2: F, 3: E, 4: W, 5: I, 6: I, 7: D, 8: None, -1: None}),
        (Scale.TENS, {10: T, 20: D, 30: I, 35: I, 40: W, 50: E, 60: F, 70: F}),
        (Scale.PYTHON, {5: T, 10: D, 20: I, 25: I, 30: W, 40: E, 50: F}),
        (Scale.OTEL, {1: T, 5: D, 9: I, 13: W, 17: E, 20: E, 21: F, 24: F, 0: None}),
        (Scale.HUNDREDS, {100: D, 200: I, 250: I, 300: W, 400: E, 500: F, 600: F}),
        (Scale.GOOGLE, {100: D, 200: I, 300: I, 400: W, 500: E, 800: F, 0: I, 3: E}),
        (Scale.LOGBACK, {5000: T, 10000: D, 20000: I, 30000: W, 40000: E}),
        (Scale.LOG4J, {100: F, 200: E, 300: W, 400: I, 500: D, 600: T}),
        (Scale.DOTNET, {0: T, 1: D, 2: I, 3: W, 4: E, 5: F}),
        (Scale.PLAIN, {3: E, 40: W, 50: E, 400: E}),
    ],
)
def test_numbers(scale: Scale, numbers: dict[float, Severity | None]) -> None:
    assert {number: of_number(number, scale) for number in numbers} == numbers


def test_a_value_may_be_a_number_as_text_or_an_object() -> None:
    assert of_value("3", Scale.SYSLOG) is E
    assert of_value(40.0, Scale.PYTHON) is E
    assert of_value({"icon": "x", "name": "ERROR", "no": 40}) is E
    assert of_value(True) is of_value(None) is of_value([]) is of_value({}) is of_value(float("nan")) is None


@given(st.one_of(st.text(), st.floats(), st.integers(), st.lists(st.none()), st.dictionaries(st.text(), st.text())))
def test_no_value_is_too_odd(value: object) -> None:
    for scale in Scale:
        found = of_value(value, scale)
        assert found is None or isinstance(found.level, Level)
