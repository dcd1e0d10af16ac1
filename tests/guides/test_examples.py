"""Examples of the guides that are no commands."""

from __future__ import annotations

import json
import logging.config
from pathlib import Path
from typing import Any

import pytest

from .text import block


def test_the_logging_of_django_writes_lines_that_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}
    exec(block("example: django"), namespace)
    before, level = list(logging.root.handlers), logging.root.level
    # Not to take away the handlers of the root: they are those of pytest.
    told = {**namespace["LOGGING"], "incremental": False, "loggers": {"shop": namespace["LOGGING"]["root"]}}
    told.pop("root")
    logging.config.dictConfig(told)
    logger = logging.getLogger("shop")
    try:
        logger.info("paid", extra={"amount": 3})
        line = json.loads((tmp_path / "pen-npm.log").read_text())
        assert (line["level"], line["module"], line["msg"], line["amount"]) == ("info", "pen-npm", "paid", 3)
    finally:
        for handler in list(logger.handlers):
            logger.removeHandler(handler)
            handler.close()
        logger.setLevel(logging.NOTSET)
    assert (logging.root.handlers, logging.root.level) == (before, level)
