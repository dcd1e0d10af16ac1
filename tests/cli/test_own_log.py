"""A program's own log has the form and the level that its settings name."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from corvo_agent.cli.own_log import set_up_own_log, tell
from corvo_agent.settings.own_log import OwnLogSettings
from tests.cli.kit import Stream


@pytest.fixture(autouse=True)
def root_log() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def logged(monkeypatch: pytest.MonkeyPatch, settings: OwnLogSettings) -> str:
    stream = Stream()
    monkeypatch.setattr("sys.stderr", stream)
    set_up_own_log(settings, "corvo-agent")
    logging.getLogger("x").debug("quiet")
    logging.getLogger("x").info("loud")
    tell(settings, "serving somewhere")
    return stream.text


def test_json_is_of_the_usual_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [json.loads(line) for line in logged(monkeypatch, OwnLogSettings()).splitlines()]
    assert [(line["level"], line["module"], line["msg"]) for line in lines] == [
        ("info", "corvo-agent", "loud"),
        ("info", "corvo-agent", "serving somewhere"),
    ]


def test_text_is_for_people_and_so_are_words_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    *lines, last = logged(monkeypatch, OwnLogSettings("text", "debug")).splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == ["DEBUG   x: quiet", "INFO    x: loud"]
    assert last == "serving somewhere"


def test_a_message_is_one_line_whatever_it_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream()
    monkeypatch.setattr("sys.stderr", stream)
    set_up_own_log(OwnLogSettings("text"), "corvo-agent")
    logging.getLogger("x").info("changes of %s", "a\n2026-01-01 INFO x: forged\x1b[31m\u202e é")
    (line,) = stream.text.splitlines()
    assert line.endswith("x: changes of a\\n2026-01-01 INFO x: forged\\x1b[31m\\u202e é")
    try:
        raise ValueError("x")
    except ValueError:
        logging.getLogger("x").exception("failed")
    assert stream.text.splitlines()[2].startswith("Traceback")


def test_setting_it_up_again_takes_the_place_of_what_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    set_up_own_log(OwnLogSettings(), "corvo-agent")
    assert len(logged(monkeypatch, OwnLogSettings("text", "error")).splitlines()) == 1
    assert logging.getLogger().level == logging.ERROR
