from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp import web

from corvo_agent.errors import ConfigError, DeadlineExceeded, PermissionRefused, RemoteError, Unavailable
from corvo_agent.levels.level import Level
from corvo_agent.sidecar.hooks.http_hook import MAX_ANSWER, HttpHook, HttpRequest
from corvo_agent.sidecar.hooks.protocol import LevelChange

from ..servers import Recorder, serving

DEBUG = LevelChange(Level.DEBUG)


async def test_values_are_made_fit_for_their_place() -> None:
    server = Recorder()
    async with serving(server) as url:
        request = HttpRequest("PATCH", f"{url}/{{logger}}?{{logger}}={{LEVEL}}", '{"a":"{logger}"}', {"X-Token": "t"})
        await HttpHook(request).set_level(LevelChange(Level.WARN, 'a/"b"?&='))
    (seen,) = server.requests
    # "&" and "=" mean nothing in a path, and may stand there as they are.
    assert (seen["method"], seen["path"]) == ("PATCH", "/a%2F%22b%22%3F&=?a/%22b%22?%26%3D=WARN")
    assert seen["body"] == '{"a":"a/\\"b\\"?&="}'
    assert (seen["headers"]["Content-Type"], seen["headers"]["X-Token"]) == ("application/json", "t")


async def test_a_request_without_a_body_has_none() -> None:
    server = Recorder(204)
    async with serving(server) as url:
        await HttpHook(HttpRequest("POST", f"{url}/debug")).set_level(DEBUG)
    assert server.requests[0]["body"] == ""
    assert "Content-Type" not in server.requests[0]["headers"]


async def test_loggers_have_requests_of_their_own() -> None:
    server = Recorder()
    async with serving(server) as url:
        general, one, reset = (HttpRequest("PUT", f"{url}/{name}") for name in ("all", "one", "reset"))
        hook = HttpHook(general, logger=one, reset=reset)
        assert hook.knows_loggers
        for change in (DEBUG, LevelChange(Level.INFO, "a"), LevelChange(Level.INFO, "a", reset=True)):
            await hook.set_level(change)
        await HttpHook(general, logger=one).set_level(LevelChange(Level.INFO, "a", reset=True))
    assert [seen["path"] for seen in server.requests] == ["/all", "/one", "/reset", "/one"]
    assert not HttpHook(general).knows_loggers
    assert HttpHook(HttpRequest("PUT", "http://h/{logger}")).knows_loggers


@pytest.mark.parametrize(("status", "error"), [(401, PermissionRefused), (403, PermissionRefused), (500, RemoteError)])
async def test_a_refusal_is_an_error_with_what_the_answer_says(status: int, error: type[Exception]) -> None:
    async with serving(Recorder(status, "because " + "x" * 100_000)) as url:
        with pytest.raises(error) as caught:
            await HttpHook(HttpRequest("PUT", url)).set_level(DEBUG)
    assert str(status) in str(caught.value)
    assert len(str(caught.value)) < 300


async def test_redirections_are_not_followed() -> None:
    elsewhere = Recorder()
    async with serving(elsewhere) as other, serving(Recorder(302, headers={"Location": other})) as url:
        with pytest.raises(RemoteError, match="302"):
            await HttpHook(HttpRequest("POST", url)).set_level(DEBUG)
    assert elsewhere.requests == []


async def test_an_endless_answer_is_not_read_to_its_end() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(10_000):
            await response.write(b"x" * MAX_ANSWER)
        return response

    async with serving(endless) as url:
        await HttpHook(HttpRequest("POST", url)).set_level(DEBUG)


async def test_nobody_there_and_nobody_answering() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://user:secret@127.0.0.1:{silent.getsockname()[1]}/level?token=t"
        with pytest.raises(Unavailable) as caught:
            await HttpHook(HttpRequest("PUT", url)).set_level(DEBUG)
        assert "secret" not in str(caught.value)
        assert "token" not in str(caught.value)
        assert caught.value.reason == "Connection refused"
        silent.listen()
        with pytest.raises(DeadlineExceeded):
            await HttpHook(HttpRequest("PUT", url), timeout=0.05).set_level(DEBUG)


async def test_it_can_be_cancelled() -> None:
    asked, leave = asyncio.Event(), asyncio.Event()

    async def hang(request: web.Request) -> web.StreamResponse:
        asked.set()
        await leave.wait()
        return web.Response()

    async with serving(hang) as url:
        task = asyncio.create_task(HttpHook(HttpRequest("PUT", url)).set_level(DEBUG))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        leave.set()


@pytest.mark.parametrize("url", ["ftp://h/x", "http://", "h:80/x", "http://{logger}/x", "http://h/{name}", "file:///x"])
def test_urls_that_make_no_sense_are_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        HttpRequest("PUT", url)


def test_the_name_holds_no_secret() -> None:
    hook = HttpHook(HttpRequest("PUT", "https://user:secret@h:8443/level?token=t", "{level}"))
    assert hook.name == "PUT https://h:8443/level"
