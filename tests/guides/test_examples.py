"""Examples of the guides that are no commands."""

from __future__ import annotations

import json
import logging.config
import re
import shlex
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from corvo_agent.modules.model import ModuleStatus, ServicePort
from corvo_agent.writer.inventory import InventorySource
from corvo_agent.writer.source import Present
from tests.cli.kit import run_here

from .text import TEXT, block


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


# What these need is a folder: their other needs stand in tests/cli/commands.
FILES = ("context", "guide", "init", "manifest", "token")


def test_commands_that_write_files_do_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for folder in ("etc/corvo", "etc/systemd/system", "tls"):
        (tmp_path / folder).mkdir(parents=True)
    text = TEXT.replace("\\\n", "")
    lines = [line for found in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in found.splitlines()]
    ran = []
    for line in lines:
        words = shlex.split(line.partition(" && ")[0].partition(" > ")[0].replace("/etc/", f"{tmp_path}/etc/"), True)
        if words[:1] != ["corvo"] and not line.startswith("/opt/corvo/bin/corvo"):
            continue
        if words[1] in FILES:
            outcome = run_here(*words[1:])
            assert outcome.code == 0, (line, outcome.err)
            ran.append(words[1])
    assert {"context", "init", "manifest", "token"} <= set(ran)
    assert (tmp_path / "etc/systemd/system/corvo-gateway.service").exists()
    assert (tmp_path / "etc/corvo/pen-npm.toml").exists()
    assert "prod" in (tmp_path / "config/corvo/config.toml").read_text()


async def test_the_inventory_is_one(tmp_path: Path) -> None:
    path = tmp_path / "modules.toml"
    # As an editor for Windows writes it.
    path.write_bytes(b"\xef\xbb\xbf" + block("example: inventory").replace("\n", "\r\n").encode())
    async with aclosing(InventorySource(path).events()) as events:
        status = ModuleStatus("node1", "billing", service_ports=(ServicePort("billing", 9010),))
        assert await anext(events) == Present("node1-billing", status)
