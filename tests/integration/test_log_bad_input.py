"""Logs that are not what they should be, asked for over the wire: a marked line or a clear error, never silence."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.handlers.log import LogHandler
from corvo_agent.diagnostics.messages.payloads import decode_logs
from corvo_agent.diagnostics.query import Payload
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import RemoteError
from corvo_agent.logs.lines.marker import CUT, NUL, is_marker
from tests.diagnostics.kit import served
from tests.logs.tail_kit import QUICK, line

pytestmark = pytest.mark.integration

NOBODY = 65534
HUNDRED_MB = 100_000_000
Records = list[dict[str, str]]


@asynccontextmanager
async def serving(path: Path, folder: Path) -> AsyncIterator[DiagnosticsClient]:
    """A client of an agent that may read what is in ``folder``."""
    service = DiagnosticsService("pen-demo", "node1")
    service.register_handler("Log", LogHandler(str(path), allowed=[str(folder)], tail=QUICK))
    async with service, served(service) as address, DiagnosticsClient(address) as client:
        yield client


async def until(batches: AsyncGenerator[Payload], last: str) -> Records:
    """The lines of a stream up to the one with the number ``last``, without remarks."""
    lines: Records = []
    async with asyncio.timeout(30):
        while not any(record.get("n") == last for record in lines):
            found = decode_logs((await anext(batches)).value)
            lines += [record for record in found if not is_marker(record)]
    return lines


def binary(path: Path) -> None:
    append(path, bytes(byte for byte in range(256) if byte != 0x0A) + b"\n")


def nuls(path: Path) -> None:
    append(path, bytes(5000) + line("odd"))


def invalid_utf8(path: Path) -> None:
    append(path, b'{"n":"odd","msg":"\xff\xfe caf\xe9"}\n')


def endless(path: Path) -> None:
    """A line of 100 MB: a hole costs no disk and is read as NULs."""
    append(path, b"x")
    os.truncate(path, path.stat().st_size - 1 + HUNDRED_MB)
    append(path, b"\n")


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


ODD: dict[str, tuple[Callable[[Path], None], Callable[[dict[str, str]], bool]]] = {
    "binary": (binary, lambda record: record["level"] == "raw" and "\x01\x02" in record["msg"]),
    "NULs": (nuls, lambda record: (record["n"], record[NUL]) == ("odd", "5000")),
    "invalid UTF-8": (
        invalid_utf8,
        lambda record: record["n"] == "odd" and "\ufffd\ufffd caf\ufffd" in record["msg"],
    ),
    "100 MB line": (endless, lambda record: record[CUT] == str(HUNDRED_MB) and len(record["msg"]) <= 1 << 20),
}


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_line_is_marked_and_its_neighbours_are_whole(tmp_path: Path, name: str) -> None:
    write, is_marked = ODD[name]
    path = tmp_path / "a.log"
    path.write_bytes(line(1))
    async with serving(path, tmp_path) as client, aclosing(client.stream("Log", {})) as batches:
        followed = await until(batches, "1")
        write(path)
        append(path, line(2))
        asked = await client.logs({})
        followed += await until(batches, "2")
    for records in (asked, followed):
        before, odd, after = records
        assert (before["n"], after["n"]) == ("1", "2")
        assert is_marked(odd)


def directory(folder: Path) -> Path:
    return folder


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "fifo.log")
    return folder / "fifo.log"


def proc(folder: Path) -> Path:
    return Path("/proc/self/status")


def outside(folder: Path) -> Path:
    (folder.parent / "secret.log").write_bytes(line(1))
    return folder.parent / "secret.log"


def symlink(folder: Path) -> Path:
    (folder / "a.log").symlink_to(outside(folder))
    return folder / "a.log"


REFUSED: dict[str, tuple[Callable[[Path], Path], str, str]] = {
    "directory": (directory, "UNIMPLEMENTED", "a directory"),
    "FIFO": (fifo, "UNIMPLEMENTED", "a FIFO"),
    "file of /proc": (proc, "UNIMPLEMENTED", "made up by the kernel"),
    "path outside the allowed folders": (outside, "PERMISSION_DENIED", "outside of the allowed log folders"),
    "symlink to the outside": (symlink, "PERMISSION_DENIED", "outside of the allowed log folders"),
}


async def refusals(client: DiagnosticsClient) -> list[RemoteError]:
    """How a query and a stream are refused."""
    with pytest.raises(RemoteError) as query:
        await client.logs({})
    with pytest.raises(RemoteError) as stream:
        async with aclosing(client.stream("Log", {})) as batches:
            await anext(batches)
    return [query.value, stream.value]


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_no_log_is_refused_by_name(tmp_path: Path, name: str) -> None:
    make, code, reason = REFUSED[name]
    folder = tmp_path / "logs"
    folder.mkdir()
    path = make(folder)
    async with serving(path, folder) as client:
        for error in await refusals(client):
            assert error.code == code
            assert str(path) in error.message
            assert reason in error.message


async def test_permission_lost_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(line(1))
    async with serving(path, tmp_path) as client, aclosing(client.stream("Log", {})) as batches:
        await until(batches, "1")
        append(path, line(2))
        path.chmod(0)
        user = os.geteuid()
        try:
            with suppress(PermissionError):  # root may read everything: be somebody else
                os.seteuid(NOBODY)
            # Whoever has it open reads on; nobody opens it any more.
            assert [record["n"] for record in await until(batches, "2")] == ["2"]
            for error in await refusals(client):
                assert error.code == "PERMISSION_DENIED"
                assert str(path) in error.message
        finally:
            os.seteuid(user)
