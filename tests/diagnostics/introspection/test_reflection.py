"""Reflection streams are bounded, and what is no request ends them with a status."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import betterproto
import pytest

from corvo_agent._generated.grpc.reflection.v1 import ExtensionRequest, ServerReflectionRequest
from corvo_agent.diagnostics.introspection.reflection import ReflectionService, served_names
from corvo_agent.diagnostics.service import DiagnosticsService
from tests.h2_peer import Peer, connected, framed

from ..kit import served, until
from ..test_limits import Upload, call

PATH = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
LIST = framed(b"\x3a\x00")


@pytest.fixture
def reflection() -> ReflectionService:
    return ReflectionService(["a.A", "a.A"])


@pytest.fixture
async def peer(reflection: ReflectionService) -> AsyncIterator[Peer]:
    async with served(reflection) as address, connected(address) as made:
        yield made


def test_names_are_those_of_all_methods() -> None:
    assert list(dict.fromkeys(served_names([DiagnosticsService(), Upload()]))) == ["protos.Diagnostics", "other.Upload"]


async def test_one_stream_asks_many_times(peer: Peer) -> None:
    assert await call(peer, LIST * 3, PATH) == ("0", "")
    assert peer.data[1] == framed(b"\x12\x02\x3a\x00" + b"\x32\x07\x0a\x05\x0a\x03a.A") * 3


async def test_what_is_no_request_is_refused(peer: Peer) -> None:
    status, text = await call(peer, LIST + framed(b"\x3a\x05a"), PATH)
    assert (status, text.startswith("request: grpc.reflection.v1.ServerReflectionRequest")) == ("3", True)
    assert await call(peer, framed(b"", length=5000), PATH) == ("8", "bytes of a message: at most 4096, got 5000")
    assert await call(peer, LIST, PATH) == ("0", "")


async def test_streams_are_bounded_and_leave_nothing_behind(peer: Peer, reflection: ReflectionService) -> None:
    streams = [await peer.request(PATH) for _ in range(64)]
    await until(lambda: reflection._streams.taken == 64)
    assert await call(peer, LIST, PATH) == ("8", "reflection streams at once: at most 64")
    for stream in streams:
        peer.h2.reset_stream(stream)
    await peer.flush()
    await until(lambda: reflection._streams.taken == 0)


@pytest.mark.parametrize(
    ("question", "field", "subject"),
    [
        ({"file_by_filename": "api/meta.proto"}, "file_descriptor_response", ""),
        ({"file_containing_symbol": "protos.Logs"}, "file_descriptor_response", ""),
        ({"file_containing_symbol": "a.B"}, "error_response", "nothing is known of a.B"),
        ({"all_extension_numbers_of_type": "protos.Logs"}, "all_extension_numbers_response", ""),
        ({"all_extension_numbers_of_type": "a.B"}, "error_response", "nothing is known of a.B"),
        ({"file_containing_extension": ExtensionRequest("a.B", 7)}, "error_response", "nothing is known of a.B"),
        ({}, "error_response", "the request asks nothing that is known here"),
    ],
)
async def test_each_question_is_answered(question: dict[str, Any], field: str, subject: str) -> None:
    async def requests() -> AsyncIterator[ServerReflectionRequest]:
        yield ServerReflectionRequest(host="h", **question)

    (response,) = [each async for each in ReflectionService([]).server_reflection_info(requests())]
    assert (response.valid_host, response.original_request.host) == ("h", "h")
    found, answer = betterproto.which_one_of(response, "message_response")
    assert (found, getattr(answer, "error_message", "")) == (field, subject)
