"""Lines of real programs are read with their levels, times and messages."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from corvo_agent.levels.level import Level
from corvo_agent.logs import LogQuery, LogReader, Window
from corvo_agent.logs.dialects.fields import Field, text_of
from corvo_agent.logs.lines.line_time import LineClock
from corvo_agent.logs.lines.record import Record
from tests.integration.go_tools import go, object_cache
from tests.stub.kit import PATIENCE, becomes

from .log_programs import ASGI, GO, GO_KINDS, NGINX, NODE, PYTHON, WSGI
from .machine import needs, program

# What is made of packages of npm and of Go takes minutes on a busy machine.
pytestmark = pytest.mark.timeout(600)
SECOND = 10**9
PACKAGES = ("pino@9", "winston@3", "bunyan@1")


async def read(path: Path, query: LogQuery) -> list[Record]:
    async with LogReader(str(path)) as reader:
        result = await reader.read(query)
    assert result.remarks == []
    return result.records


async def check(path: Path, began: int, *, fine: str = "fine", boom: str = "boom", has_times: bool = True) -> None:
    """Exactly the errors are found, all that say ``boom``, and what says ``fine`` is information, all of just now."""
    window = Window(began - SECOND, time.time_ns() + SECOND) if has_times else Window()
    errors = await read(path, LogQuery(level=Level.ERROR, window=window))
    assert [message(record).count(boom) > 0 for record in errors] == [True]
    everything = await read(path, LogQuery(window=window))
    assert len(everything) == len(await read(path, LogQuery()))
    assert any(fine in message(record) for record in everything)
    assert errors[0] in everything
    for record in everything if has_times else []:
        written = LineClock().read(record)
        assert written is not None
        assert began - SECOND <= written <= time.time_ns()


def message(record: Record) -> str:
    found = text_of(record, Field.MESSAGE)
    assert found is not None
    return found[1]


def run(command: Sequence[str], output: Path, **environment: str) -> int:
    """Run a program that writes to ``output``; when it began, in nanoseconds."""
    began = time.time_ns()
    with output.open("wb") as file:
        subprocess.run(command, stdout=file, env={**os.environ, **environment}, check=True, timeout=100)
    return began


@needs("pythonjsonlogger")
@pytest.mark.parametrize("name", PYTHON)
async def test_libraries_of_python(name: str, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    await check(path, run([sys.executable, "-c", PYTHON[name]], path))


@pytest.fixture(scope="module")
def node_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("npm")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), *PACKAGES]
    subprocess.run(command, check=True, timeout=300, capture_output=True, env={**os.environ, "HOME": str(folder)})
    return folder / "node_modules"


@needs("node", "npm")
@pytest.mark.parametrize("name", NODE)
async def test_libraries_of_node(name: str, node_packages: Path, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    await check(path, run([str(program("node")), "-e", NODE[name]], path, NODE_PATH=str(node_packages)))


@pytest.fixture(scope="module")
def go_program(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path_factory.mktemp("go")
    (folder / "main.go").write_text(GO)
    (folder / "go.mod").write_text("module example.com/app\n\ngo 1.24\n")
    cache = object_cache(request.config, folder / "cache")
    go("build", "-o", "app", ".", environment=(("GOCACHE", str(cache)),), folder=folder)
    return folder / "app"


@needs("pythonjsonlogger")
@pytest.mark.parametrize("name", GO_KINDS)
async def test_libraries_of_go(name: str, go_program: Path, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    await check(path, run([str(go_program), name], path))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    made = Path(tempfile.mkdtemp(prefix="corvo-"))
    yield made
    shutil.rmtree(made)


@asynccontextmanager
async def serving(command: Sequence[str], log: Path, sock: Path, **environment: str) -> AsyncIterator[None]:
    """A server that writes its errors to ``log`` and listens on ``sock``, until it is told to stop."""
    with log.open("ab") as file:
        settings: Mapping[str, str] = {**os.environ, **environment}
        process = await asyncio.create_subprocess_exec(*command, stdout=file, stderr=file, env=settings)
    try:
        async with asyncio.timeout(PATIENCE):
            while not can_connect(sock):
                assert process.returncode is None
                await asyncio.sleep(0.01)
        yield
    finally:
        process.terminate()
        await process.wait()


def can_connect(sock: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(sock)) == 0


async def ask(sock: Path, path: str) -> None:
    """Send a request and wait for its answer, whatever it is."""
    reader, writer = await asyncio.open_unix_connection(str(sock))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    await reader.read()
    writer.close()
    await writer.wait_closed()


@needs("uvicorn")
async def test_uvicorn(folder: Path) -> None:
    (folder / "app.py").write_text(ASGI)
    log, sock = folder / "app.log", folder / "server"
    command = [sys.executable, "-m", "uvicorn", "--uds", str(sock), "--app-dir", str(folder), "app:app"]
    began = time.time_ns()
    async with serving(command, log, sock):
        await ask(sock, "/")
    # It writes no times.
    await check(log, began, fine="Started server process", boom="RuntimeError: boom", has_times=False)


@needs("gunicorn")
async def test_gunicorn(folder: Path) -> None:
    (folder / "app.py").write_text(WSGI)
    log, sock = folder / "app.log", folder / "server"
    command = [sys.executable, "-m", "gunicorn", "--bind", f"unix:{sock}", "--chdir", str(folder), "app:app"]
    began = time.time_ns()
    async with serving(command, log, sock):
        await ask(sock, "/")
    await check(log, began, fine="Listening at", boom="RuntimeError: boom")


@needs("nginx")
async def test_nginx(folder: Path) -> None:
    log, sock = folder / "app.log", folder / "server"
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    command = [str(program("nginx")), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    began = time.time_ns()
    async with serving(command, folder / "output", sock):
        await ask(sock, "/boom")
    await check(log, began, fine="start worker process", boom="/boom")
    # What a client asked for in vain is no error of the server.
    (access,) = await read(folder / "access.log", LogQuery(window=Window(began - SECOND)))
    assert "GET /boom" in access["msg"]


@needs("redis-server")
async def test_redis(folder: Path) -> None:
    log, sock = folder / "app.log", folder / "server"
    command = [str(program("redis-server")), "--port", "0", "--unixsocket", str(sock), "--logfile", str(log)]
    began = time.time_ns()

    async def has_begun() -> bool:
        return "eady to accept connections" in log.read_text()

    async with serving([*command, "--dir", str(folder)], folder / "output", sock):
        # It listens before that.
        await becomes(has_begun)
    texts = [line.partition(" # ")[2] for line in log.read_text().splitlines() if " # " in line]
    assert texts
    warnings = await read(log, LogQuery(level=Level.WARN, window=Window(began - SECOND)))
    assert [message(record) for record in warnings] == texts
    everything = await read(log, LogQuery(window=Window(began - SECOND, time.time_ns())))
    assert any("ready to accept connections" in message(record) for record in everything)


# A journald of its own, in a mount namespace whose /run is empty: that of the machine hears nothing of it.
_JOURNAL = """
set -eu
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/log/journal
: > /run/machine-id
/lib/systemd/systemd-journald & journald=$!
until printf '<6>fine\\n<3>boom\\n' | systemd-cat --identifier app 2> /dev/null; do sleep 0.05; done
until journalctl --directory /run/log/journal/* --identifier app --output json > "$1" && grep -q boom "$1"
do sleep 0.05; done
kill $journald
"""


@needs("root", "systemd-analyze", "unshare")
async def test_journald(folder: Path) -> None:
    log, output = folder / "app.log", folder / "output"
    began = run(["unshare", "--mount", "sh", "-c", _JOURNAL, "sh", str(log)], output)
    await check(log, began)
