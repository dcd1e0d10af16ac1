"""Ask an agent: Debug queries over gRPC, with typed answers and every wait bounded."""

from __future__ import annotations

import ssl as _ssl
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager

from grpclib.exceptions import GRPCError, StreamTerminatedError

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import DeadlineExceeded, PermissionRefused, Unavailable, drop_frames, system_reason
from ..limits import RESPONSE_BYTES
from ..messages.request_codec import payload_in, request_of
from ..query import DebugQuery, Payload
from ..status import corvo_error
from .agent_channel import AgentChannel
from .asker import Asker
from .payload_client import PayloadClient
from .reply_budget import ReplyBudget


class DiagnosticsClient(PayloadClient):
    """Calls the agent at ``address`` ("host:port", "[v6]:port" or "unix:/path"); an async context manager.

    ``name`` is the Module that is asked for where a call names none: an agent of another one refuses, with the code
    FAILED_PRECONDITION. Without a name any agent answers.

    It connects at the first call, again after a loss, and may be used by many tasks at once. ``timeout`` (seconds)
    is the deadline of each call that brings none, ``connect_timeout`` bounds connecting, TLS included,
    ``max_message`` the bytes of one answer. ``server_hostname`` is the name that the certificate has to show where
    it is not the address. ``metadata`` gives what goes along with each call, such as a token. ``replies`` is room for
    large answers that many clients share; who finds none in time hears ResourceExhausted.

    A peer of the original is asked in the words that it knows; its log, which it does not follow, is asked for every
    ``poll`` seconds.

    Every call raises Unavailable when the agent cannot be reached or is lost, DeadlineExceeded, PermissionRefused
    for a certificate that is not right, RemoteError with code and text for what the agent answered, DecodeError for
    an answer that is none, ResourceExhausted for one that is too long. Cancelling a call cancels the query.
    """

    def __init__(
        self,
        address: str,
        name: str = "",
        *,
        ssl: _ssl.SSLContext | None = None,
        server_hostname: str | None = None,
        timeout: float = 30.0,
        connect_timeout: float = 5.0,
        max_message: int = RESPONSE_BYTES,
        poll: float = 1.0,
        clock: Clock = SYSTEM_CLOCK,
        metadata: Callable[[], Mapping[str, str]] = dict,
        replies: ReplyBudget | None = None,
    ) -> None:
        self.address = address
        self.name = name
        self.timeout = timeout
        self._secured = ssl is not None
        self._answered = False
        self._channel = AgentChannel(address, ssl, server_hostname, connect_timeout, max_message, metadata, replies)
        self._asker = Asker(address, self._call, self._stream, timeout=timeout, poll=poll, clock=clock)

    def __repr__(self) -> str:
        return f"<DiagnosticsClient {self.address}>"

    @property
    def connected(self) -> bool:
        """Whether there is a connection that is not known to be lost."""
        return self._channel.connected

    async def aclose(self) -> None:
        """Close the connections; calls under way end with Unavailable. A later call connects again."""
        await self._channel.aclose()

    async def debug(
        self,
        query: str,
        parameters: Mapping[str, str] | None = None,
        *,
        name: str = "",
        service_port: str = "",
        timeout: float | None = None,
    ) -> Payload:
        """One query, one answer. ``name`` is the Module asked for, ``service_port`` which of its services."""
        seconds = self.timeout if timeout is None else timeout
        return await self._asker.ask(DebugQuery(query, parameters or {}, name or self.name, service_port, seconds))

    async def stream(
        self,
        query: str,
        parameters: Mapping[str, str] | None = None,
        *,
        name: str = "",
        service_port: str = "",
        timeout: float | None = None,
    ) -> AsyncGenerator[Payload, None]:
        """Answers for as long as the agent has some, ``timeout`` seconds at most (None: no bound).

        Close it (``contextlib.aclosing``) when leaving early: that ends the query at the agent.
        """
        asked = DebugQuery(query, parameters or {}, name or self.name, service_port, timeout)
        async with aclosing(self._asker.follow(asked)) as answers:
            async for payload in answers:
                yield payload

    async def _call(self, query: DebugQuery) -> Payload:
        with self._errors(query.timeout):
            async with self._channel.stub(query.timeout) as stub:
                response = await stub.debug(request_of(query))
                self._answered = True
                return payload_in(response)

    async def _stream(self, query: DebugQuery) -> AsyncGenerator[Payload, None]:
        with self._errors(query.timeout):
            async with self._channel.stub(query.timeout) as stub:
                async for response in stub.debug_stream(request_of(query)):
                    self._answered = True
                    yield payload_in(response)

    @contextmanager
    def _errors(self, seconds: float | None) -> Iterator[None]:
        try:
            yield
        except GRPCError as error:
            self._answered = True
            raise corvo_error(error, self.address, seconds) from error
        except _ssl.SSLError as error:
            drop_frames(error)
            reason = getattr(error, "verify_message", "") or error.reason or str(error)
            raise PermissionRefused(f"TLS with {self.address}", reason) from error
        except TimeoutError:
            raise DeadlineExceeded(self.address, seconds or 0.0) from None
        except (OSError, StreamTerminatedError) as error:
            drop_frames(error)
            lost = isinstance(error, StreamTerminatedError | ConnectionResetError | BrokenPipeError)
            meaning = self._wrong_tls() if lost else ""
            raise Unavailable(self.address, system_reason(error) + meaning) from error

    def _wrong_tls(self) -> str:
        """What a connection that ended without any answer may mean: the other end does not say why."""
        if self._answered or self.address.startswith("unix:"):
            return ""
        if self._secured:
            return " before any answer, as where another certificate of the caller is wanted, or one at all"
        return " before any answer, as where TLS is expected"
