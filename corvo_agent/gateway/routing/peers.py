"""Connections to agents: one per address, shared by every call, given up when they are dead or idle."""

from __future__ import annotations

import ssl as _ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from ...backoff import Backoff
from ...clock import SYSTEM_CLOCK, Clock
from ...diagnostics.client.client import DiagnosticsClient
from ...diagnostics.client.payload_client import PayloadClient
from ...diagnostics.client.reply_budget import ReplyBudget
from ...errors import CorvoError, DeadlineExceeded, RemoteError, ResourceExhausted, Unavailable
from ...rest_client.naples import NaplesClient


class _Peer:
    """One address: its client, and how it has been doing."""

    def __init__(self, client: PayloadClient) -> None:
        self.client = client
        self.calls = 0
        self.used = 0.0
        self.answered = float("-inf")
        # Until when calls fail at once, and what they are told.
        self.down_until = float("-inf")
        self.reason = ""
        self.backoff = Backoff(0.1, 2.0)


class PeerPool:
    """Clients by address, at most ``limit`` of them; one that was idle for ``idle`` seconds is closed.

    An address is ``HOST:PORT`` of an agent, for which ``ssl`` counts, or ``https://HOST:PORT`` of a smart NIC's proxy,
    for which ``proxy_ssl`` does, or ``unix:PATH`` of an agent beside it.
    ``metadata`` gives what goes along with each call.

    An address that could not be reached is not tried again for 0.1 s, doubling up to 2 s: calls in between fail at
    once. A connection on which a call ran out of time with no answer to any other is taken for dead and replaced.
    """

    def __init__(
        self,
        *,
        ssl: _ssl.SSLContext | None = None,
        proxy_ssl: _ssl.SSLContext | None = None,
        connect_timeout: float = 3.0,
        limit: int = 4096,
        idle: float = 300.0,
        clock: Clock = SYSTEM_CLOCK,
        metadata: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._replies = ReplyBudget()
        self._ssl = ssl
        self._proxy_ssl = proxy_ssl
        self._metadata = metadata
        self._connect_timeout = connect_timeout
        self._limit = limit
        self._idle = idle
        self._clock = clock
        self._peers: OrderedDict[str, _Peer] = OrderedDict()

    def __len__(self) -> int:
        return len(self._peers)

    @property
    def down(self) -> int:
        """Addresses that could not be reached when they were tried last."""
        return sum(1 for peer in self._peers.values() if peer.reason)

    @asynccontextmanager
    async def client(self, address: str) -> AsyncIterator[PayloadClient]:
        """The client of ``address`` for one call, whose outcome counts for the address.

        Raises Unavailable at once while the address is known to be down, ResourceExhausted when all of the pool is
        in use.
        """
        peer = await self._take(address)
        started = self._clock.monotonic()
        if peer.down_until > started:
            raise Unavailable(address, peer.reason)
        peer.calls += 1
        try:
            yield peer.client
        except RemoteError:
            # It refused the query, so it is there.
            self._answered(peer)
            raise
        except DeadlineExceeded:
            # Another call was answered meanwhile: then only this query is slow, and the connection is alive.
            if peer.answered < started:
                await peer.client.aclose()
            raise
        except Unavailable as error:
            self._failed(peer, error)
            raise
        except CorvoError:
            raise
        else:
            self._answered(peer)
        finally:
            peer.calls -= 1
            peer.used = self._clock.monotonic()

    async def aclose(self) -> None:
        """Close every connection; calls under way end with Unavailable."""
        # Let go of before they close: a call that comes meanwhile gets a new client, not a closed one.
        peers, self._peers = self._peers, OrderedDict()
        for peer in peers.values():
            await peer.client.aclose()

    async def _take(self, address: str) -> _Peer:
        peer = self._peers.get(address)
        if peer is None:
            await self._make_room()
            peer = self._peers[address] = _Peer(self._client(address))
        # In the order of their last use, so that those that were idle longest are found first.
        self._peers.move_to_end(address)
        peer.used = self._clock.monotonic()
        return peer

    def _client(self, address: str) -> PayloadClient:
        if address.startswith("https:"):
            return NaplesClient(address, ssl=self._proxy_ssl)
        return DiagnosticsClient(
            address,
            # What goes through the kernel of this machine needs no TLS.
            ssl=None if address.startswith("unix:") else self._ssl,
            connect_timeout=self._connect_timeout,
            metadata=self._metadata,
            replies=self._replies,
        )

    async def _make_room(self) -> None:
        """Close what has been idle for long, and the longest idle one when the pool is full."""
        oldest = self._clock.monotonic() - self._idle
        closing: list[str] = []
        for address, peer in self._peers.items():
            if peer.calls:
                continue
            if peer.used > oldest and len(self._peers) - len(closing) < self._limit:
                break
            closing.append(address)
        if len(self._peers) - len(closing) >= self._limit:
            raise ResourceExhausted("agents called at once", self._limit)
        for peer in [self._peers.pop(address) for address in closing]:
            await peer.client.aclose()

    def _answered(self, peer: _Peer) -> None:
        peer.answered = self._clock.monotonic()
        peer.reason = ""
        peer.backoff.reset()

    def _failed(self, peer: _Peer, error: Unavailable) -> None:
        peer.reason = error.reason
        peer.down_until = self._clock.monotonic() + peer.backoff.next()
