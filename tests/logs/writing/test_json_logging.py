from __future__ import annotations

import io
import json
import logging
import logging.config
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from corvo_agent.levels import current_filter, filtered, get_log_filter, reset_filter
from corvo_agent.logs import configure_json_logging
from tests.levels.kit import fresh_name, untouched_levels


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    with untouched_levels():
        yield


def test_one_call_writes_lines_into_a_file_that_it_creates(tmp_path: Path) -> None:
    path = tmp_path / "var" / "svc.log"
    mask = os.umask(0)
    try:
        with configure_json_logging("svc", path=path, level="Debug"):
            logging.getLogger("svc").debug("one\ntwo", extra={"n": 1})
    finally:
        os.umask(mask)
    (line,) = path.read_text().splitlines()
    assert {"level": "debug", "module": "svc", "msg": "one\ntwo", "n": 1}.items() <= json.loads(line).items()
    assert path.stat().st_mode & 0o777 == 0o644


def test_closing_undoes_the_handler_and_the_level() -> None:
    handlers, level = logging.root.handlers[:], logging.root.level
    before = get_log_filter("Error")
    reset_filter(before)
    logs = configure_json_logging("svc", stream=io.StringIO())
    assert logging.root.level == logging.INFO
    logs.close()
    logs.close()
    assert current_filter() == before
    reset_filter(None)
    assert (logging.root.handlers, logging.root.level) == (handlers, level)


def test_the_level_changes_at_the_same_logger_and_reaches_what_loggers_cannot_stop() -> None:
    name, stream = fresh_name(), io.StringIO()
    logger = logging.getLogger(name)
    with configure_json_logging("svc", stream=stream, logger=logger):
        logger.debug("hidden")
        reset_filter(get_log_filter("Debug"), logger=name)
        logger.debug("shown")
        reset_filter(get_log_filter("Error"), logger=name)
        logger.handle(logging.LogRecord(name, logging.INFO, "f.py", 1, "handed over", (), None))
    assert [json.loads(line)["msg"] for line in stream.getvalue().splitlines()] == ["shown"]


def test_called_twice_for_one_place_each_line_comes_once_and_closing_undoes_both(tmp_path: Path) -> None:
    handlers, path = logging.root.handlers[:], tmp_path / "svc.log"
    first = configure_json_logging("svc", path=path, level="Error")
    with configure_json_logging("shop", path=path, level="Debug"):
        logging.getLogger("db").debug("once")
        first.close()
        logging.getLogger("db").debug("still")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["module"], line["msg"]) for line in lines] == [("shop", "once"), ("shop", "still")]
    assert (logging.root.handlers, logging.root.level, current_filter()) == (handlers, logging.WARNING, None)


def test_two_places_both_get_each_line(tmp_path: Path) -> None:
    stream = io.StringIO()
    with configure_json_logging("svc", path=tmp_path / "svc.log"), configure_json_logging("svc", stream=stream):
        logging.getLogger("svc").info("both")
    assert stream.getvalue().count("both") == (tmp_path / "svc.log").read_text().count("both") == 1


def test_dict_config_sets_up_the_same(tmp_path: Path) -> None:
    name, path = fresh_name(), tmp_path / "var" / "svc.log"
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": "corvo_agent.logs.JsonFormatter", "module": "svc"}},
            "filters": {"live": {"()": "corvo_agent.levels.LiveFilter"}},
            "handlers": {
                "file": {
                    "class": "corvo_agent.logs.JsonFileHandler",
                    "path": str(path),
                    "formatter": "json",
                    "filters": ["live"],
                }
            },
            "loggers": {name: {"level": "INFO", "handlers": ["file"]}},
        }
    )
    logger = logging.getLogger(name)
    try:
        logger.info("configured", extra={"n": 1e300, "text": "\udc80"})
        with filtered(get_log_filter("Error")):
            logger.handle(logging.LogRecord(name, logging.INFO, "f.py", 1, "stopped", (), None))
    finally:
        (handler,) = logger.handlers
        logger.removeHandler(handler)
        handler.close()
    (line,) = path.read_text().splitlines()
    assert {"module": "svc", "submodule": name, "msg": "configured", "n": 1e300}.items() <= json.loads(line).items()


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "svc.log"
    with configure_json_logging("svc", path=path):
        logging.getLogger("svc").warning("first")
        path.rename(tmp_path / "svc.log.1")
        logging.getLogger("svc").warning("second")
    assert json.loads(path.read_text())["msg"] == "second"
    assert json.loads((tmp_path / "svc.log.1").read_text())["msg"] == "first"


def test_without_a_place_lines_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with configure_json_logging("svc"):
        logging.getLogger("svc").error("x")
    assert json.loads(capsys.readouterr().err)["msg"] == "x"


def test_a_file_that_cannot_be_opened_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        configure_json_logging("svc", path=tmp_path)
    assert current_filter() is None
