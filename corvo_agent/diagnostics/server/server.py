"""The gRPC server of an agent: grpclib's, on loopback unless told otherwise, with every bound that it lacks."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl as _ssl
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any

import grpclib.server
from grpclib.config import Configuration
from grpclib.const import Handler, Status
from grpclib.encoding.base import StatusDetailsCodecBase
from grpclib.exceptions import GRPCError
from grpclib.protocol import H2Protocol

from ...access.audit import Audit, auditing
from ...access.caller import calling
from ...access.callers import EVERYONE, Callers
from ...access.local_users import LocalUsers
from ...addresses import address_to_listen
from ...errors import CorvoError, PermissionRefused
from ..calls import CallBounds, address_of_peer, metadata
from ..limits import ByteBudget
from ..message_codec import MessageCodec
from ..status import grpc_error
from ..tls import client_ssl, server_ssl
from .acceptor import Acceptor, within_descriptors
from .connection import Connections, GuardedConnection, ServerLimits, caller_of_connection
from .listen import address_of, check_allowed, open_socket, remove_path

__all__ = ("DiagnosticsServer", "ServerLimits", "client_ssl", "server_ssl")

_log = logging.getLogger(__name__)
# An agent is sent questions, not uploads: small windows bound what a connection may have in flight to us.
_STREAM_WINDOW = 256 << 10
_CONNECTION_WINDOW = 1 << 20


class DiagnosticsServer:
    """Serves ``services`` (a DiagnosticsService and any other of grpclib's) at ``listen``; an async context manager.

    ``listen`` is "HOST:PORT" (port 0: a free one), "[V6]:PORT" or "unix:PATH". An address other machines can reach
    needs ``ssl`` that asks clients for a certificate (``server_ssl`` with ``client_ca``), or ``insecure=True``.
    ``callers`` says who is answered: unless given, or ``insecure``, those with a certificate and, without one, the user
    of this process and root. A unix socket is for its owner, or for ``socket_group`` as well. ``audit`` hears who asked
    what; ``refusals``, in its place, hears of those only who may not call at all: where the services tell the rest.
    The services are not started or stopped by it. ``status_details_codec`` is grpclib's, for services with details.
    """

    def __init__(
        self,
        services: Collection[Any],
        listen: str = "127.0.0.1:0",
        *,
        ssl: _ssl.SSLContext | None = None,
        insecure: bool = False,
        callers: Callers | None = None,
        socket_group: str = "",
        audit: Audit | None = None,
        refusals: Audit | None = None,
        limits: ServerLimits | None = None,
        status_details_codec: StatusDetailsCodecBase | None = None,
    ) -> None:
        self.services = tuple(services)
        self.limits = limits or ServerLimits()
        self._listen = address_to_listen(listen)
        self._ssl = ssl
        self._open_to_all = insecure and callers is None
        self._callers = callers or (EVERYONE if insecure else Callers(LocalUsers()))
        self._insecure = insecure or (ssl is not None and self._callers.asks_for_tokens)
        self._socket_group = socket_group
        self._audit = audit
        self._refusals = audit or refusals
        self._status_details_codec = status_details_codec
        self._connections = Connections()
        # Bound, and not served yet.
        self._listener: socket.socket | None = None
        self._server: _BoundedServer | None = None
        self._address = ""
        # Whether the file of the unix socket is ours to take away.
        self._owns_path = True

    def __repr__(self) -> str:
        state = f"{self._address}, {len(self._connections)} connections" if self._server else "not serving"
        return f"<DiagnosticsServer {state}>"

    @property
    def address(self) -> str:
        """What clients dial: "HOST:PORT" with the real port, or "unix:PATH"; "" while it does not serve."""
        return self._address

    async def bind(self, before: DiagnosticsServer | None = None) -> None:
        """Take the address and serve it later, with ``start``; who connects meanwhile waits.

        ``before`` is a server that is to be followed by this one: where both serve the same address they share its
        socket, so that the port stays and nobody is refused when it closes. Raises ConfigError, Unavailable,
        PermissionRefused as ``open_socket`` does.
        """
        if self._listener is not None or self._server is not None:
            return
        self._owns_path = True
        if before is None or before._server is None or before._listen != self._listen:
            self._listener = await open_socket(
                self._listen, ssl=self._ssl, insecure=self._insecure, group=self._socket_group
            )
            return
        if not self._listen.path:
            # It serves already, but perhaps with certificates that this one has not.
            await check_allowed(self._listen, ssl=self._ssl, insecure=self._insecure)
        self._listener = before._server.shared_socket()
        before._owns_path = False

    async def start(self) -> None:
        """Listen. Raises ConfigError, Unavailable, PermissionRefused as ``open_socket`` does."""
        if self._server is not None:
            return
        await self.bind()
        assert self._listener is not None
        try:
            server = _BoundedServer(
                self.services,
                self.limits,
                self._connections,
                self._callers,
                self._audit,
                self._refusals,
                self._status_details_codec,
            )
            server.serve(self._listener, self._ssl)
        except BaseException:
            self._release()
            raise
        self._server = server
        self._address, self._listener = address_of(self._listener), None
        _log.info("serving gRPC at %s", self._address)
        if self._open_to_all:
            _log.warning("%s answers anyone who reaches it: it was told to be insecure", self._address)

    async def aclose(self) -> None:
        """Accept no more, let calls under way end, then cancel them (they answer UNAVAILABLE), then close.

        May be called twice; takes ``drain_timeout`` and ``stop_timeout`` at most.
        """
        server, self._server, self._address = self._server, None, ""
        if server is None:
            self._release()
            return
        try:
            await server.stop()
        finally:
            self._remove_path()

    def _release(self) -> None:
        """Give back an address that is bound and not served."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            self._remove_path()

    def _remove_path(self) -> None:
        if self._owns_path:
            remove_path(self._listen)

    async def __aenter__(self) -> DiagnosticsServer:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class _BoundedServer(grpclib.server.Server):
    """grpclib's server with our connections, and with every service's messages bounded."""

    def __init__(
        self,
        services: Collection[Any],
        limits: ServerLimits,
        connections: Connections,
        callers: Callers,
        audit: Audit | None,
        refusals: Audit | None,
        status_details_codec: StatusDetailsCodecBase | None,
    ) -> None:
        config = Configuration(
            http2_connection_window_size=_CONNECTION_WINDOW,
            http2_stream_window_size=_STREAM_WINDOW,
            _keepalive_time=limits.ping_interval,
            _keepalive_timeout=limits.ping_interval,
            _http2_max_pings_without_data=0,
            _http2_min_sent_ping_interval_without_data=limits.ping_interval,
        )
        super().__init__(services, codec=MessageCodec(), status_details_codec=status_details_codec, config=config)
        self._limits = limits
        self._connections = connections
        self._callers = callers
        self._audit = audit
        self._refusals = refusals
        self._acceptor: Acceptor | None = None
        self._stopping = False
        bounds = CallBounds(limits.request_bytes, ByteBudget(limits.received_bytes), max_fields=limits.request_fields)
        self._mapping = {name: self._stoppable(bounds.around(handler)) for name, handler in self._mapping.items()}

    def serve(self, listener: socket.socket, ssl: _ssl.SSLContext | None) -> None:
        """Accept connections at ``listener``, a bound and listening socket."""
        self._acceptor = Acceptor(
            listener,
            self._protocol_factory,
            ssl=ssl,
            handshake_timeout=self._limits.hello_timeout,
            limit=within_descriptors(self._limits.connections),
            connections=self._connections,
        )
        self._acceptor.start()

    def shared_socket(self) -> socket.socket:
        """The listening socket once more: it accepts connections as long as one of the two is open."""
        assert self._acceptor is not None
        return self._acceptor.shared_socket()

    async def stop(self) -> None:
        """Drain, cancel, close: see ``DiagnosticsServer.aclose``."""
        self._connections.close(idle_only=True)
        try:
            if self._acceptor is not None:
                await self._acceptor.aclose()
            # What was accepted while that ended has no call yet.
            self._connections.close(idle_only=True)
            await self._settle(self._limits.drain_timeout)
            self._stopping = True
            for handler in self._handlers:
                handler.close()
            await self._settle(self._limits.stop_timeout)
        finally:
            self._connections.close()
        if left := len(self._calls()):
            _log.error("%d calls do not end although they were cancelled", left)

    def _protocol_factory(self) -> H2Protocol:
        plain = super()._protocol_factory()
        return GuardedConnection(
            plain.handler, plain.config, plain.h2_config, self._limits, self._connections, self._callers
        )

    def _calls(self) -> set[asyncio.Task[None]]:
        tasks = (task for handler in self._handlers for task in (*handler._tasks.values(), *handler._cancelled))
        return {task for task in tasks if not task.done()}

    async def _settle(self, seconds: float) -> None:
        """Wait until no call is under way, ``seconds`` at most."""
        end = self._loop.time() + seconds
        while (tasks := self._calls()) and (left := end - self._loop.time()) > 0:
            await asyncio.wait(tasks, timeout=left)

    def _stoppable(self, handler: Handler) -> Handler:
        return handler._replace(func=partial(self._call, handler.func))

    async def _call(self, function: Callable[[Any], Awaitable[None]], stream: Any) -> None:
        address, who, audit = address_of_peer(stream), "unknown", self._refusals
        try:
            connected = caller_of_connection(stream)
            caller = await self._callers.called(connected, partial(metadata, stream), address)
            who, audit = caller.name, self._audit
            with calling(replace(caller, address=address)), auditing(self._audit):
                await function(stream)
        except (CorvoError, GRPCError) as error:
            found = error if isinstance(error, GRPCError) else grpc_error(error)
            if audit is not None and found.status is Status.PERMISSION_DENIED:
                shown = error.who if isinstance(error, PermissionRefused) else ""
                audit.refused(shown or who, address, stream._method_name)
            raise found from error
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            # The task ends either way; ended by cancellation it would leave its caller without a status.
            raise GRPCError(Status.UNAVAILABLE, "the server is stopping") from None
