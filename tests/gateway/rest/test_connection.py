"""Connections that ask for nothing do not keep those out that do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import ssl
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.rest.connection import HttpLimits
from corvo_agent.log_thinning import ThinningFilter
from corvo_agent.modules.names import API_PATH
from tests.certificates import Authority

from ..conftest import LOCAL, Api, Store

SOON = HttpLimits(header_timeout=0.05, idle_timeout=0.05)
ASK = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
MALFORMED = b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n"
WATCH = f"GET {API_PATH}/watch/modules HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
def limits() -> dict[str, Any]:
    return {"http": SOON}


@pytest.fixture(autouse=True)
def nothing_logged_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another test has logged within the last second counts for none here."""
    logger = logging.getLogger("corvo_agent.gateway.rest.connection")
    monkeypatch.setattr(logger, "filters", [ThinningFilter() for _ in logger.filters])


@contextlib.asynccontextmanager
async def connected(address: str, **more: Any) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection(*address.rsplit(":", 1), **more)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def gone(reader: asyncio.StreamReader) -> bytes:
    """What came before the connection ended."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


@contextlib.asynccontextmanager
async def answered(gateway: Gateway, request: bytes, end: bytes) -> AsyncIterator[Streams]:
    """A caller that has read the answer to ``request`` up to ``end``; it asks again where it was closed before that."""
    while True:
        async with connected(gateway.address) as (reader, writer):
            writer.write(request)
            try:
                await reader.readuntil(end)
            except ConnectionError:
                continue
            except asyncio.IncompleteReadError as error:
                if error.partial:
                    raise
                # The machine stood still for as long as a caller has for its header.
                continue
            yield reader, writer
            return


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: "])
async def test_one_that_sends_no_whole_header_is_closed(gateway: Gateway, said: bytes) -> None:
    async with connected(gateway.address) as (reader, writer):
        writer.write(said)
        assert await gone(reader) == b""


async def test_one_that_has_been_answered_may_stay_for_a_while_only(gateway: Gateway) -> None:
    async with answered(gateway, ASK, b"ok\n") as (reader, _):
        assert await gone(reader) == b""
    async with answered(gateway, ASK, b"ok\n") as (reader, writer):
        writer.write(ASK[:20])
        assert await gone(reader) == b""


async def test_a_stream_is_no_idle_connection(gateway: Gateway, store: Store) -> None:
    async with (
        answered(gateway, WATCH, b"\r\n\r\n") as (reader, _),
        connected(gateway.address) as (silent, _),
    ):
        assert await gone(silent) == b""
        assert not reader.at_eof()


class TestWithFewPlaces:
    @pytest.fixture
    def limits(self) -> dict[str, Any]:
        return {"http": HttpLimits(connections=2)}

    async def test_the_silent_make_room_and_the_busy_do_not(self, gateway: Gateway) -> None:
        async with connected(gateway.address) as (watching, writer), connected(gateway.address) as (silent, _):
            writer.write(WATCH)
            await watching.readuntil(b"\r\n\r\n")
            async with connected(gateway.address) as (reader, second):
                second.write(WATCH)
                await reader.readuntil(b"\r\n\r\n")
                assert await gone(silent) == b""
                async with connected(gateway.address) as (refused, _):
                    assert await gone(refused) == b""
            assert not watching.at_eof()


async def test_silence_in_tls_and_after_it_ends(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    identity = authority.issue("127.0.0.1")
    settings = replace(LOCAL, tls_cert=str(identity.cert), tls_key=str(identity.key))
    trust = ssl.create_default_context(cafile=str(authority.path))
    async with Store() as store:
        async with Gateway(store, settings, http=SOON) as gateway, connected(gateway.address) as (reader, _):
            assert await gone(reader) == b""
        # On a busy machine a handshake may take longer.
        for seconds in (0.05, 0.5, 5.0, 50.0):
            limits = HttpLimits(header_timeout=seconds, idle_timeout=0.05)
            async with Gateway(store, settings, http=limits) as gateway:
                try:
                    async with connected(gateway.address, ssl=trust) as (reader, _):
                        assert await gone(reader) == b""
                except OSError:
                    continue
                return
    raise AssertionError("no handshake was made")


async def test_what_a_caller_sends_wrongly_is_one_line_and_no_traceback(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    answer = b""
    while not answer:
        async with connected(gateway.address) as (reader, writer):
            writer.write(MALFORMED)
            answer = await gone(reader)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 400 ")
    # In the form of every other failure, with what was wrong.
    told = json.loads(body)
    assert (told["kind"], told["code"], told["result"]) == ("Status", 400, {"Str": "Bad Request"})
    assert told["message"] != ["Bad Request"]
    assert [(record.levelname, record.exc_info) for record in caplog.records] == [("INFO", None)]


async def test_an_address_may_be_long(gateway: Gateway) -> None:
    # As that of a followed log with the place in each of a thousand files.
    ask = b"GET /healthz?x=%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    for size, status in ((60_000, b"HTTP/1.1 200"), (70_000, b"HTTP/1.0 400")):
        async with connected(gateway.address) as (reader, writer):
            writer.write(ask % (b"a" * size))
            assert (await gone(reader)).startswith(status)


class TestBodies:
    @pytest.fixture
    def limits(self) -> dict[str, Any]:
        return {}

    async def test_one_that_is_not_packed_as_it_says_is_one_line(
        self, api: Api, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        async with api.raw("PUT", "/modules/a1", b"nothing", headers={"Content-Encoding": "deflate"}) as response:
            assert response.status == 400
        assert not [record for record in caplog.records if record.exc_info]


async def test_a_gateway_with_few_descriptors_answers_behind_a_crowd_of_silent_callers() -> None:
    limited = ("sh", "-c", 'ulimit -n 128; exec "$@"', "sh", sys.executable, "-m", "tests.gateway.served")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*limited, stdin=pipe, stdout=pipe, stderr=pipe)
    assert process.stdin
    assert process.stdout
    async with contextlib.AsyncExitStack() as silent, aiohttp.ClientSession() as session:
        url = (await process.stdout.readline()).decode().strip()
        began = asyncio.get_running_loop().time()
        for _ in range(300):
            await silent.enter_async_context(connected(url.removeprefix("http://")))
        async with session.get(f"{url}{API_PATH}/modules") as response:
            assert (response.status, len((await response.json())["items"])) == (200, 2)
    _, errors = await process.communicate(b"")
    # A listener says each of its two kinds of trouble at most once a second: a slow machine takes more seconds.
    seconds = asyncio.get_running_loop().time() - began
    assert process.returncode == 0, errors.decode()
    assert errors.count(b"\n") <= 2 * (seconds + 1), errors.decode()


async def test_a_crowd_that_sends_what_cannot_be_read_does_not_fill_the_log(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    began = asyncio.get_running_loop().time()
    for _ in range(30):
        async with connected(gateway.address) as (reader, writer):
            writer.write(MALFORMED)
            await gone(reader)
    seconds = asyncio.get_running_loop().time() - began
    told = [record.getMessage() for record in caplog.records if "cannot be read" in record.getMessage()]
    assert 1 <= len(told) <= seconds + 1
