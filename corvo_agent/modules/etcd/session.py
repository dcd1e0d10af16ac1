"""Calls and watches of a cluster: one attempt after the other, with a token, within one bound of time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import orjson

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import ConfigError, DeadlineExceeded, PermissionRefused, RemoteError, ResourceExhausted
from ...threads import in_thread
from ..kv import ClockDifference
from .client import EtcdClient
from .errors import FailedAttempt, Kind
from .failover import Budget, Call, Counters, Failover, Repeat
from .messages import Json
from .options import EtcdOptions
from .stream import Stream
from .token import Token

T = TypeVar("T")
Attempt = Callable[[str, Budget, dict[str, str]], Awaitable[T | FailedAttempt]]

# Members without a leader refuse at once and end their streams, instead of staying silent.
_LEADER_NEEDED = {"Grpc-Metadata-hasleader": "true"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What etcd answered. ``doubtful``: an attempt before it got no answer and may have been carried out too."""

    data: Json
    doubtful: bool


class EtcdSession:
    """``open``, then call and watch from as many tasks of the same event loop as there are, then ``close``."""

    def __init__(self, options: EtcdOptions, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self.options = options
        self.counters = Counters()
        self._client = EtcdClient(options, clock=clock)
        self._failover = Failover(options.endpoints, options.connect_timeout, self.counters)
        self._token = Token(self._authenticate) if options.username else None
        self._places = asyncio.Semaphore(options.max_connections)
        self._opening = 0

    @property
    def endpoint(self) -> str:
        """The endpoint that is asked first now."""
        return self._failover.current

    @property
    def watches(self) -> int:
        """How many watches are on."""
        return self._client.streams

    @property
    def clock_difference(self) -> ClockDifference | None:
        """How far the clock of the server that answered last is from ours; None before the first answer."""
        return self._client.server_clock.difference

    async def open(self) -> None:
        """Make ready; nothing is sent. Raises ConfigError when a certificate file cannot be used."""
        await self._client.open()

    async def close(self) -> None:
        """End all watches and calls, which raise Unavailable. Idempotent."""
        await self._client.close()

    async def reload_credentials(self) -> None:
        """Read the certificates now and use new connections from here on. Raises ConfigError; all stays then."""
        await self._client.reload_credentials()

    async def call(self, path: str, request: Json, repeat: Repeat, *, leader: bool = True) -> Answer:
        """Send ``request`` to ``path``; the answer. ``leader``: only from a member that has one.

        Takes at most ``call_timeout``. Raises Unavailable, DeadlineExceeded, PermissionRefused, ResourceExhausted
        and RemoteError. May be cancelled; whether a write was carried out is unknown then.
        """
        body = orjson.dumps(request)

        async def attempt(endpoint: str, budget: Budget, headers: dict[str, str]) -> Json | FailedAttempt:
            return await self._client.post(endpoint, path, body, headers, budget)

        call = self._new_call(repeat)
        async with self._turn(call.deadline):
            data = await self._run(attempt, call, _LEADER_NEEDED if leader else {})
        return Answer(data, call.doubtful)

    async def watch(self, requests: Sequence[Json], start: int) -> Stream:
        """One stream of the watches ``requests``, from revision ``start`` on, that etcd has confirmed. Close it.

        Takes at most ``call_timeout``. Raises as ``call`` does, Compacted, and ResourceExhausted when as many watches
        are open as ``max_watches`` allows.
        """
        # Those that are being opened count too, or many at once would pass the bound together.
        if self.watches + self._opening >= self.options.max_watches:
            raise ResourceExhausted("watches of etcd open at once", self.options.max_watches)
        body = b"\n".join(map(orjson.dumps, requests))

        async def attempt(endpoint: str, budget: Budget, headers: dict[str, str]) -> Stream | FailedAttempt:
            return await self._client.watch(endpoint, body, headers, start, budget)

        self._opening += 1
        try:
            return await self._run(attempt, self._new_call(Repeat.ALWAYS), _LEADER_NEEDED)
        finally:
            self._opening -= 1

    def leads_to(self, member: str) -> bool:
        """Whether there are watches, and all of them come from the member of that id."""
        return self._client.leads_to(member)

    def drop_watches(self, reason: str, *, but: str = "") -> None:
        """End the watches, but not those of the endpoint ``but``: they raise Unavailable with ``reason``."""
        self._client.drop_streams(reason, but=but)

    def leave(self, endpoint: str) -> None:
        """``endpoint`` broke a watch: ask another one first from now on."""
        self._failover.leave(endpoint)

    @asynccontextmanager
    async def _turn(self, deadline: float) -> AsyncIterator[None]:
        """Wait for one of the places of calls; more of them at once would only wait in etcd."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._places.acquire()
        except TimeoutError:
            self.counters.failures += 1
            raise DeadlineExceeded(self.endpoint, self.options.call_timeout) from None
        try:
            yield
        finally:
            self._places.release()

    def _new_call(self, repeat: Repeat) -> Call:
        self.counters.calls += 1
        return Call(asyncio.get_running_loop().time() + self.options.call_timeout, repeat)

    async def _run(self, attempt: Attempt[T], call: Call, headers: dict[str, str]) -> T:
        outcome = await self._with_token(attempt, call, headers)
        if isinstance(outcome, FailedAttempt):
            self.counters.failures += 1
            raise outcome.error
        return outcome

    async def _with_token(self, attempt: Attempt[T], call: Call, headers: dict[str, str]) -> T | FailedAttempt:
        token = self._token
        if token is None:
            return await self._failover.run(lambda endpoint, budget: attempt(endpoint, budget, headers), call)

        async def with_header(endpoint: str, budget: Budget) -> T | FailedAttempt:
            shown = token.generation
            outcome = await attempt(
                endpoint, budget, {**headers, "authorization": token.text} if token.text else headers
            )
            if token.tell(outcome):
                await token.renew(shown, call.deadline)
            return outcome

        try:
            refused: FailedAttempt | None = await token.first(call.deadline)
            if refused is not None:
                return refused
            used = token.generation
            outcome: T | FailedAttempt = await self._failover.run(with_header, call)
            if isinstance(outcome, FailedAttempt) and outcome.kind is Kind.TOKEN:
                refused = await token.renew(used, call.deadline)
                outcome = await self._failover.run(with_header, call) if refused is None else refused
        except TimeoutError:
            return FailedAttempt(Kind.UNKNOWN, DeadlineExceeded(self.endpoint, self.options.call_timeout))
        return outcome

    async def _password(self) -> str:
        """The password as it is now. Raises ConfigError."""
        if self.options.read_password is None:
            return self.options.password or ""
        return await in_thread(self.options.read_password, "corvo-etcd-password")

    async def _authenticate(self, deadline: float) -> str | FailedAttempt | None:
        """A new token; None when etcd has its users turned off."""
        self.counters.reauthentications += 1
        try:
            password = await self._password()
        except ConfigError as error:
            return FailedAttempt(Kind.FINAL, PermissionRefused("etcd", str(error)))
        body = orjson.dumps({"name": self.options.username, "password": password})

        async def attempt(endpoint: str, budget: Budget) -> Json | FailedAttempt:
            return await self._client.post(endpoint, "/auth/authenticate", body, dict(_LEADER_NEEDED), budget)

        outcome = await self._failover.run(attempt, Call(deadline, Repeat.ALWAYS))
        if not isinstance(outcome, FailedAttempt):
            return str(outcome["token"]) if outcome.get("token") else None
        if isinstance(outcome.error, RemoteError):
            match outcome.error.code:
                case "FAILED_PRECONDITION":  # users are turned off: no call needs a token
                    return None
                case "INVALID_ARGUMENT":  # no such user, or not that password; etcd does not tell which
                    return FailedAttempt(Kind.FINAL, PermissionRefused("etcd", outcome.error.message))
        return outcome
