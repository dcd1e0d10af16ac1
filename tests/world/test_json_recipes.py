"""The recipes of the guide for JSON lines, as printed, with the real programs: each line is JSON, theirs too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.guides.text import block
from tests.stub.kit import PATIENCE

from .machine import needs
from .test_log_programs import ask, serving

APPLICATION = """
import logging

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    logging.getLogger("shop.api").info("asked")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
"""
WSGI = """
import logging

def app(environ, start_response):
    logging.getLogger("shop.api").info("asked")
    start_response("200 OK", [])
    return [b"ok"]
"""
BIN = Path(sys.executable).parent


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the programs run; its path is short enough for a socket."""
    made = Path(tempfile.mkdtemp(prefix="corvo-"))
    monkeypatch.chdir(made)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(made), *filter(None, sys.path))))
    yield made
    shutil.rmtree(made)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "shop.log").read_text().splitlines()]


def programs(folder: Path) -> set[str]:
    """Which loggers have written, by the first part of their names."""
    return {str(line.get("submodule", "")).split(".")[0] for line in lines(folder)}


@needs("pythonjsonlogger")
@pytest.mark.parametrize("name", ["dictionary", "queue"])
def test_a_script(name: str, folder: Path) -> None:
    said = '\nimport logging\nlogging.getLogger("shop.api").warning("low", extra={"left": 3})\n'
    stopped = "\nlistener.stop()\n" if name == "queue" else ""
    subprocess.run([sys.executable, "-c", block(f"recipe: {name}") + said + stopped], check=True, timeout=60)
    (line,) = lines(folder)
    assert (line["level"], line["module"], line["left"]) == ("warn", "shop", 3)
    assert line["message" if name == "dictionary" else "msg"] == "low"


@needs("uvicorn")
@pytest.mark.parametrize("name", ["uvicorn", "file"])
async def test_uvicorn(name: str, folder: Path) -> None:
    (folder / "app.py").write_text(APPLICATION)
    (folder / "logging.ini").write_text(block("recipe: file"))
    (folder / "serve.py").write_text(block("recipe: uvicorn"))
    by_file = [str(BIN / "uvicorn"), "--log-config", "logging.ini", "--uds", "shop.sock", "app:app"]
    command = by_file if name == "file" else [sys.executable, "serve.py"]
    async with serving(command, folder / "out", folder / "shop.sock"):
        await ask(folder / "shop.sock", "/")
    assert (folder / "out").read_text() == ""
    assert programs(folder) == {"uvicorn", "shop"}
    assert any("GET / HTTP" in line["msg"] for line in lines(folder))


@needs("gunicorn")
async def test_gunicorn(folder: Path) -> None:
    (folder / "app.py").write_text(WSGI)
    (folder / "gunicorn.conf.py").write_text(block("recipe: gunicorn"))
    command = [str(BIN / "gunicorn"), "--bind", "unix:shop.sock", "app:app"]
    async with serving(command, folder / "out", folder / "shop.sock"):
        await ask(folder / "shop.sock", "/")
    assert (folder / "out").read_text() == ""
    assert programs(folder) == {"gunicorn", "shop"}


@needs("celery")
def test_celery(folder: Path) -> None:
    (folder / "tasks.py").write_text(
        block("recipe: celery")
        + 'import logging\nfrom celery import Celery\napp = Celery("tasks", broker="memory://")\n'
        'logging.getLogger("shop.api").warning("loaded")\n'
    )
    command = [str(BIN / "celery"), "-A", "tasks", "worker", "-P", "solo", "--loglevel", "INFO"]
    with (folder / "out").open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as worker:
        log, patience = folder / "shop.log", time.monotonic() + PATIENCE
        while not (log.exists() and " ready." in log.read_text()):
            assert time.monotonic() < patience
            assert worker.poll() is None, (folder / "out").read_text()
            time.sleep(0.05)
        worker.terminate()
        assert worker.wait(PATIENCE) == 0
    assert "celery" in programs(folder)
    assert all(line["module"] == "shop" for line in lines(folder))
