"""Answers are packed for those who ask for it, in the coding that they like best, and unpack to the same."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
import pytest_asyncio

from corvo_agent.gateway.app import Gateway
from tests.gateway.conftest import Api, Store, settled
from tests.gateway.modules import module

#: Modules whose list is written bit by bit, in several pieces.
MANY = 1800
UNPACK: dict[str, Callable[[bytes], bytes]] = {"": bytes, "gzip": gzip.decompress, "deflate": zlib.decompress}


@pytest_asyncio.fixture
async def raw(gateway: Gateway, store: Store) -> AsyncIterator[Api]:
    """A caller that unpacks nothing."""
    for number in range(20):
        await store.put_module(module(f"m{number}"))
    await settled(gateway, store)
    async with aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=("Accept-Encoding",)) as session:
        yield Api(session, gateway)


async def fetch(api: Api, path: str, accepted: str | None) -> tuple[str, bytes, str]:
    """Coding, body and Vary of an answer."""
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    async with api.raw("GET", path, headers=headers) as response:
        assert (response.status, response.content_type) == (200, "application/json")
        return response.headers.get("Content-Encoding", ""), await response.read(), response.headers.get("Vary", "")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, ""),
        ("", ""),
        ("identity", ""),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("deflate", "deflate"),
        ("br, deflate, gzip", "gzip"),
        ("gzip;q=0.4, deflate;q=0.5", "deflate"),
        ("gzip;q=0", ""),
        ("*", "gzip"),
        ("gzip;q=0, *;q=0.1", "deflate"),
        ("*;q=0", ""),
        ("br, zstd", ""),
        ("gzip;q=0.5, identity", ""),
        ("gzip;q=much", ""),
        ("gzip;q=nan", ""),
        ("gzip;level=3", "gzip"),
        # More than anyone means: that it was read is not kept.
        ("gzip," * 1000, ""),
    ],
)
async def test_the_coding_is_the_one_that_is_asked_for(raw: Api, accepted: str | None, coding: str) -> None:
    plain = (await fetch(raw, "/modules", None))[1]
    found, body, vary = await fetch(raw, "/modules", accepted)
    assert (found, vary) == (coding, "Accept-Encoding")
    assert UNPACK[coding](body) == plain


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_long_answer_is_packed_piece_by_piece(raw: Api, store: Store, coding: str) -> None:
    for number in range(MANY):
        await store.put_module(module(f"many{number}"))
    await settled(raw.gateway, store)
    _, plain, vary = await fetch(raw, "/modules", None)
    assert len(plain) > 2 * (256 << 10)
    assert await fetch(raw, "/modules", coding) == (coding, body := (await fetch(raw, "/modules", coding))[1], vary)
    assert UNPACK[coding](body) == plain
    assert len(body) * 4 < len(plain)
    async with (
        aiohttp.ClientSession(version=aiohttp.HttpVersion10, auto_decompress=False) as session,
        session.get(f"{raw.base}/modules", headers={"Accept-Encoding": coding}) as response,
    ):
        assert UNPACK[coding](await response.read()) == plain


async def test_what_is_small_or_a_stream_is_left_as_it_is(raw: Api) -> None:
    assert await fetch(raw, "/modules/m1", "gzip") == ("", (await fetch(raw, "/modules/m1", None))[1], "")
    async with raw.raw("GET", "/watch/modules", headers={"Accept-Encoding": "gzip"}) as response:
        assert "Content-Encoding" not in response.headers
        assert (await response.content.readline()).startswith(b'{"result":')


async def test_documents_and_numbers_are_packed_too(raw: Api) -> None:
    url = raw.gateway.url
    for path in ("/docs", "/openapi.json", "/metrics"):
        async with raw.session.get(url + path, headers={"Accept-Encoding": "gzip"}) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(await response.read())
