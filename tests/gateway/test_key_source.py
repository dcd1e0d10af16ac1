"""Where the keys of an issuer come from: a file, or a URL that answers in time and within bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from corvo_agent.errors import ConfigError, DecodeError, ResourceExhausted, Unavailable
from corvo_agent.gateway.key_source import key_source


async def test_a_file_is_read_each_time(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_bytes(b"one")
    fetch = key_source(str(path))
    assert await fetch() == b"one"
    path.write_bytes(b"x" * 300_000)
    with pytest.raises(ResourceExhausted):
        await fetch()
    path.unlink()
    with pytest.raises(ConfigError, match="jwt-keys: cannot be read"):
        await fetch()


async def test_a_url_is_asked_within_bounds_and_leads_nowhere_else() -> None:
    async def keys(request: web.Request) -> web.Response:
        return web.Response(body=b"keys")

    async def long(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 300_000)

    async def elsewhere(request: web.Request) -> web.Response:
        raise web.HTTPFound("/keys")

    application = web.Application()
    application.add_routes([web.get("/keys", keys), web.get("/long", long), web.get("/elsewhere", elsewhere)])
    async with TestServer(application) as server:
        assert await key_source(str(server.make_url("/keys")))() == b"keys"
        with pytest.raises(ResourceExhausted):
            await key_source(str(server.make_url("/long")))()
        with pytest.raises(DecodeError, match="answered 302"):
            await key_source(str(server.make_url("/elsewhere")))()
        gone = str(server.make_url("/keys"))
    with pytest.raises(Unavailable):
        await key_source(gone)()


@pytest.mark.parametrize("url", ["http://id.example/keys", "ftp://127.0.0.1/keys", "file:///etc/keys"])
def test_keys_do_not_come_over_what_others_could_change(url: str) -> None:
    with pytest.raises(ConfigError, match="jwt-keys"):
        key_source(url)
