"""A client that is closed has closed its connections, also over TLS, also when its peer does not say goodbye."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from corvo_agent.diagnostics.client.agent_channel import AgentChannel
from corvo_agent.diagnostics.messages.request_codec import request_of
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


async def call(channel: AgentChannel) -> None:
    async with channel.stub(10) as stub:
        await stub.debug(request_of(DebugQuery("Log")))


def channel_to(wire: TcpProxy, context: ssl.SSLContext) -> AgentChannel:
    return AgentChannel(wire.url.removeprefix("http://"), context, None, 5.0, 1000)


async def test_connections_are_closed_when_closing_returns(
    wire: TcpProxy, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    channel = channel_to(wire, contexts[1])
    await call(channel)
    assert len(channel._connections) == 1
    await channel.aclose()
    assert len(channel._connections) == 0
    await channel.aclose()


async def test_a_peer_that_does_not_say_goodbye_is_cut_off(
    wire: TcpProxy, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    channel = channel_to(wire, contexts[1])
    await call(channel)
    wire.freeze()
    await channel.aclose()
    assert len(channel._connections) == 0


async def test_cancelled_it_cuts_them_off_at_once(
    wire: TcpProxy, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    channel = channel_to(wire, contexts[1])
    await call(channel)
    wire.freeze()
    closing = asyncio.create_task(channel.aclose())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await until(lambda: not len(channel._connections))


async def test_a_channel_that_was_closed_connects_again(
    wire: TcpProxy, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    channel = channel_to(wire, contexts[1])
    await call(channel)
    await channel.aclose()
    await call(channel)
    assert len(channel._connections) == 1
    await channel.aclose()
