"""What every view answers with and takes in: bounded, and in the original's words."""

from __future__ import annotations

import asyncio
import io
import json

import aiohttp
import pytest
from aiohttp import web

from corvo_agent.errors import Compacted, NotFound, ResourceExhausted, Unavailable
from corvo_agent.gateway.objects.errors import Action, failure
from corvo_agent.gateway.rest.http import (
    MAX_BODY,
    failure_response,
    guarded,
    json_response,
    plain_failure,
    read_body,
    send,
    stream_error,
)
from corvo_agent.modules.names import API_PATH
from tests.gateway.conftest import Api
from tests.sidecar.servers import serving


def body_of(response: web.Response) -> bytes:
    assert isinstance(response.body, bytes)
    return response.body


def test_a_failure_is_its_json_with_its_status() -> None:
    found = failure(NotFound("module", "a1"), Action.READ, "a1")
    response = failure_response(found)
    assert (response.status, response.content_type) == (404, "application/json")
    assert json.loads(body_of(response)) == found.body()
    assert json_response(b"[]", {"X-A": "b"}, status=201).headers["X-A"] == "b"


def test_what_is_not_routed_is_a_text_that_holds_json() -> None:
    response = plain_failure(405, {"Allow": "GET"})
    assert (response.status, response.content_type, response.headers["Allow"]) == (405, "text/plain", "GET")
    assert json.loads(body_of(response)) == {
        "kind": "",
        "result": {"Str": "Method Not Allowed"},
        "message": ["request error: Method Not Allowed"],
        "code": 405,
    }


@pytest.mark.parametrize(
    ("error", "http", "grpc"), [(Unavailable("etcd", "refused"), 503, 14), (NotFound("module", "a1"), 404, 5)]
)
def test_a_stream_ends_with_a_line_that_says_why(error: Unavailable | NotFound, http: int, grpc: int) -> None:
    line = stream_error(error)
    assert line.endswith(b"\n")
    found = json.loads(line)["error"]
    assert (found["http_code"], found["grpc_code"]) == (http, grpc)
    assert str(error) in found["message"] or found["message"]


def test_a_message_of_the_originals_own_has_its_codes() -> None:
    found = json.loads(stream_error(Compacted(3, 7), "revision is gone"))["error"]
    assert (found["message"], found["http_code"], found["grpc_code"]) == ("revision is gone", 500, 2)


async def test_an_error_of_ours_is_a_failure_and_a_fault_is_none() -> None:
    async def view(request: web.Request) -> web.StreamResponse:
        if request.path == "/fault":
            raise ZeroDivisionError
        raise NotFound("module", "a1")

    async with serving(guarded(view, Action.READ)) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/x") as response:
            assert (response.status, (await response.json())["kind"]) == (404, "Status")
        async with session.get(f"{url}/fault") as response:
            assert response.status == 500


async def test_a_body_is_read_whole_or_refused() -> None:
    refused: list[ResourceExhausted] = []

    async def view(request: web.Request) -> web.StreamResponse:
        request._client_max_size = MAX_BODY
        try:
            return web.Response(text=str(len(await read_body(request))))
        except ResourceExhausted as error:
            refused.append(error)
            return web.Response(status=413)

    async with serving(view) as url, aiohttp.ClientSession() as session:
        async with session.post(url, data=io.BytesIO(b"x" * MAX_BODY)) as response:
            assert await response.text() == str(MAX_BODY)
        async with session.post(url, data=io.BytesIO(b"x" * (MAX_BODY + 1))) as response:
            assert response.status == 413
    assert [error.limit for error in refused] == [MAX_BODY]


async def test_who_does_not_read_is_cut_off() -> None:
    sent: list[bool] = []
    given_up = asyncio.Event()

    async def view(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while await send(request, response, b"x" * 1_000_000, 0.05):
            sent.append(True)
        given_up.set()
        return response

    async with serving(view) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]), limit=1)
        writer.write(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        await given_up.wait()
        assert sent
        # Cut off rather than ended: the last chunk of a whole body is empty.
        assert not (await reader.read()).endswith(b"0\r\n\r\n")
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"x": %s}' % (b"9" * 5000),
        b'{"x": 1e999}',
        rb'{"spec": {"log-level": "\ud800"}}',
        rb'{"spec": {"loggers": {"\ud800": "warn"}}}',
        rb'{"spec": {"loggers": {"a": "\udfff"}}}',
    ],
)
async def test_values_that_json_cannot_carry_are_the_callers_fault(api: Api, method: str, body: bytes) -> None:
    status, answer = await api.call(method, "/modules/a1", body)
    assert (status, answer["code"]) == (400, 400)


@pytest.mark.parametrize("coding", ["deflate", "gzip"])
async def test_a_body_that_is_not_packed_as_it_says_is_the_callers_fault(api: Api, coding: str) -> None:
    async with api.raw("PUT", "/modules/a1", b"no such stream", headers={"Content-Encoding": coding}) as response:
        assert response.status == 400


async def test_a_body_that_does_not_come_is_told_as_every_failure(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corvo_agent.gateway.rest.http.BODY_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection(*api.gateway.address.rsplit(":", 1))
    try:
        writer.write(f"PUT {API_PATH}/modules/a1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{{".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        told = json.loads(await reader.readuntil(b"}}"))
    finally:
        writer.close()
    assert head.startswith(b"HTTP/1.1 408 ")
    assert (told["kind"], told["code"], "body" in told["message"][0]) == ("Status", 408, True)
