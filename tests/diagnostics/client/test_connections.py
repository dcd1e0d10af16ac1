"""A client that is closed has closed its connections, also over TLS, also when its peer does not say goodbye."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from grpclib.const import Cardinality

from corvo_agent.diagnostics.client.agent_channel import Link
from corvo_agent.diagnostics.limits import RawMessage, receive_reply
from corvo_agent.diagnostics.messages.request_codec import encode_request
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.diagnostics.tls import client_ssl, server_ssl
from tests.certificates import Authority
from tests.diagnostics.kit import Echo, until
from tests.tcp_proxy import TcpProxy


@pytest.fixture
def contexts(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = Authority(tmp_path)
    identity = authority.issue("127.0.0.1")
    return server_ssl(identity.cert, identity.key), client_ssl(authority.path)


@pytest_asyncio.fixture
async def wire(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> AsyncIterator[TcpProxy]:
    service = DiagnosticsService()
    service.register_handler("Log", Echo())
    async with (
        service,
        DiagnosticsServer([service], ssl=contexts[0]) as server,
        TcpProxy(f"http://{server.address}") as proxy,
    ):
        yield proxy


async def call(link: Link) -> None:
    async with link.call("/protos.Diagnostics/Debug", Cardinality.UNARY_UNARY, 10) as stream:
        await stream.send_message(RawMessage(encode_request(DebugQuery("Log"))), end=True)
        await receive_reply(stream, 1000)


def link_to(wire: TcpProxy, context: ssl.SSLContext) -> Link:
    return Link(wire.url.removeprefix("http://"), context, None, 5.0)


async def test_connections_are_closed_when_closing_returns(
    wire: TcpProxy, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    link = link_to(wire, contexts[1])
    await call(link)
    assert len(link._connections) == 1
    await link.aclose()
    assert len(link._connections) == 0
    await link.aclose()


async def test_a_peer_that_does_not_say_goodbye_is_cut_off(
    wire: TcpProxy, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    link = link_to(wire, contexts[1])
    await call(link)
    wire.freeze()
    await link.aclose()
    assert len(link._connections) == 0


async def test_cancelled_it_cuts_them_off_at_once(
    wire: TcpProxy, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    link = link_to(wire, contexts[1])
    await call(link)
    wire.freeze()
    closing = asyncio.create_task(link.aclose())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await until(lambda: not len(link._connections))


async def test_a_link_that_was_closed_connects_again(
    wire: TcpProxy, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    link = link_to(wire, contexts[1])
    await call(link)
    await link.aclose()
    await call(link)
    assert len(link._connections) == 1
    await link.aclose()
