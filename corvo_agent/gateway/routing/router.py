"""From a Module to the agent that answers for it, and a Debug query there and back within bounds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager, nullcontext
from dataclasses import dataclass, replace

from ...access.audit import Audit
from ...access.caller import current_caller
from ...access.roles import Role
from ...access.rules import NIC_QUERY, role_of_query
from ...addresses import SocketAddress, join_host_port
from ...diagnostics.client.payload_client import PayloadClient
from ...diagnostics.client.peer_kind import PeerKind, peer_kind
from ...diagnostics.query import DebugQuery, Payload
from ...diagnostics.shedding import Shedding
from ...errors import (
    CorvoError,
    DecodeError,
    InvalidArgument,
    NotFound,
    OtherAgent,
    PreconditionFailed,
    RemoteError,
    ResourceExhausted,
    Unavailable,
    Unsupported,
)
from ...modules.announcing.endpoint import Endpoint
from ...modules.announcing.place import check_reach
from ...modules.announcing.workers import choose
from ...modules.location import agent_address, is_behind_proxy
from ...modules.model import Module
from ..watching.endpoint_cache import EndpointCache
from .peers import PeerPool
from .resolver import Resolver
from .sockets import SocketPolicy

#: The parameter that names one of several processes of a Module.
WORKER = "worker"
# Seconds that a profile may measure for when none are asked for: those of Go's CPU profile, the longest of all.
_OF_PROFILES = 30.0

ModuleLookup = Callable[[str], Module | None]


@dataclass(frozen=True, slots=True)
class RouteLimits:
    """Seconds that a query without a wish of its own may take and the longest that a caller may wish for.

    ``at_once`` bounds the queries and followed logs under way, of which one caller has three quarters at most; what a
    viewer may ask, such as Stats, has a tenth more.
    """

    timeout: float = 10.0
    longest: float = 600.0
    at_once: int = 2000


class Router:
    """Sends Debug queries to agents.

    ``lookup`` gives the Module of a name, ``shedding`` says what is refused while the process takes too much. Every
    failure to reach an agent is told in bounded time. ``quiet``: what is asked is no matter of the audit, because no
    caller asks it.
    """

    def __init__(
        self,
        lookup: ModuleLookup,
        endpoints: EndpointCache,
        resolver: Resolver,
        peers: PeerPool,
        *,
        limits: RouteLimits | None = None,
        audit: Audit | None = None,
        quiet: bool = False,
        shedding: Shedding | None = None,
        sockets: SocketPolicy | None = None,
    ) -> None:
        self.shedding = shedding or Shedding()
        self._sockets = sockets or SocketPolicy()
        self._audit = audit or Audit()
        self._quiet = quiet
        self._lookup = lookup
        self._endpoints = endpoints
        self._resolver = resolver
        self._peers = peers
        self._limits = limits or RouteLimits()
        self._under_way: Counter[str] = Counter()

    async def debug(self, query: DebugQuery) -> Payload:
        """The answer of the agent of the Module ``query.name``.

        Raises NotFound for an unknown Module, PreconditionFailed when nothing says where its agent is,
        PermissionRefused when it is where we may not dial, Unavailable and DeadlineExceeded when it cannot be
        reached or is late, RemoteError with what it answered, InvalidArgument for a bad ``seconds``. Cancelling it
        cancels the query at the agent.
        """
        # Refused rather than queued: a queue of queries would only run into their deadlines.
        with self._told("debug", query), self._place(query):
            self.shedding.check(query.query)
            query, process = self._process(query)
            return await self._debug(query, self._seconds(query), process)

    def _process(self, query: DebugQuery) -> tuple[DebugQuery, Endpoint | None]:
        """``query`` for the process that its parameter ``worker`` names, and the endpoint of that.

        None where the agent of the Module is asked: it answers for all its processes, or is the only one. Raises
        NotFound for a process that there is not, Unsupported for several that do not answer for each other.
        """
        wanted = query.parameters.get(WORKER, "")
        found = self._endpoints.processes_of(query.name) if wanted else ()
        if not found or any(process.inside for process in found):
            return query, None
        chosen = choose(found, wanted, query.name)
        if len(chosen) > 1:
            each = ", ".join(process.worker.id or f"pid:{process.worker.pid}" for process in chosen)
            raise Unsupported(f"asking all processes of {query.name} at once", f"ask one of {each}")
        rest = {key: value for key, value in query.parameters.items() if key != WORKER}
        return replace(query, parameters=rest), chosen[0].endpoint

    async def peer_kind(self, name: str) -> PeerKind:
        """Who answers for the Module ``name`` where its status says. Raises nothing but CancelledError."""
        module = self._lookup(name)
        if module is not None and is_behind_proxy(module, self._endpoints.get(name)):
            return PeerKind.ORIGINAL
        try:
            asked = DebugQuery("", {}, name)
            with self._place(asked):
                async with self._peers.client(await self._address(asked)) as client:
                    return await peer_kind(client, name)
        except CorvoError:
            return PeerKind.NONE

    async def _debug(self, query: DebugQuery, seconds: float, process: Endpoint | None) -> Payload:
        address = await self._address(query, process)
        try:
            return await self._ask(address, query, seconds)
        except (Unavailable, RemoteError) as error:
            if process is not None:
                raise
            moved = await self._moved(query, address, error)
            if moved is None:
                raise
            return await self._ask(moved, query, seconds)

    async def stream(self, query: DebugQuery) -> AsyncGenerator[Payload]:
        """Answers of the agent for as long as it has some and the caller listens; raises as ``debug`` does.

        Close it with ``contextlib.aclosing``.
        """
        with self._told("follow", query), self._place(query):
            self.shedding.check(query.query, follows=True)
            query, process = self._process(query)
            address = await self._address(query, process)
            last = process is not None
            while True:
                try:
                    async with self._peers.client(address) as client, aclosing(_open(client, query)) as answers:
                        async for payload in answers:
                            # What has been told once is not told again from another address.
                            last = True
                            # What goes on ends, too, once load is shed.
                            self.shedding.check(query.query, follows=True)
                            yield payload
                    return
                except (Unavailable, RemoteError) as error:
                    moved = None if last else await self._moved(query, address, error)
                    if moved is None:
                        raise
                    address, last = moved, True

    def _told(self, action: str, query: DebugQuery) -> AbstractContextManager[object]:
        """One line of the audit about what is done in here to answer ``query``."""
        if self._quiet:
            return nullcontext()
        return self._audit.told(action, query.name, query=query.query, parameters=dict(query.parameters))

    async def _ask(self, address: str, query: DebugQuery, seconds: float) -> Payload:
        try:
            async with self._peers.client(address) as client:
                return await client.debug(
                    query.query, query.parameters, name=query.name, service_port=query.service_port, timeout=seconds
                )
        except DecodeError as error:
            raise RemoteError(address, "DATA_LOSS", str(error)) from error

    async def _moved(self, query: DebugQuery, address: str, error: Unavailable | RemoteError) -> str | None:
        """Where the agent is now that ``address`` answered with ``error``; None: still there, or it is no matter of it.

        Its new address may have been announced since the look-up. An agent of another Module refuses: then our cache
        may be behind, and the store itself is asked.
        """
        if isinstance(error, Unavailable):
            moved = await self._address(query)
        elif isinstance(error, OtherAgent):
            moved = await self._address(query, await self._endpoints.look_up(query.name))
        else:
            return None
        return None if moved == address else moved

    async def _address(self, query: DebugQuery, announced: Endpoint | None = None) -> str:
        """Where the agent is, by what it ``announced``: what the cache knows of that, unless it is given.

        ``https://HOST:PORT`` where that is the proxy of a smart NIC, ``unix:PATH`` for a socket of this host.
        """
        module = self._lookup(query.name)
        if module is None:
            raise NotFound("module", query.name)
        announced = announced or self._endpoints.get(module.name)
        found = agent_address(module, announced, query.service_port)
        if found is None:
            raise _unlocated(module)
        if found.path:
            return self._sockets.check(found, announced)
        try:
            # The address that was checked is the one that is dialled: a second look-up could give another.
            address = await self._resolver.resolve(found.host)
        except Unavailable:
            # A node that cannot be resolved is told as the original tells an instance that is not registered.
            raise _unlocated(module) from None
        if announced is not None:
            # A name may stand for loopback as well.
            check_reach(announced, SocketAddress(str(address), found.port))
        dialled = join_host_port(address, found.port)
        if not is_behind_proxy(module, announced):
            return dialled
        current_caller().require(NIC_QUERY)
        return f"https://{dialled}"

    @contextmanager
    def _place(self, query: DebugQuery) -> Iterator[None]:
        limit, caller = self._limits.at_once, current_caller().name
        if role_of_query(query.query, query.parameters) is Role.VIEWER:
            limit += limit // 10
        if self._under_way.total() >= limit:
            raise ResourceExhausted("Debug queries at once", limit)
        if self._under_way[caller] >= max(1, limit * 3 // 4):
            raise ResourceExhausted(f"Debug queries of {caller} at once", limit * 3 // 4)
        self._under_way[caller] += 1
        try:
            yield
        finally:
            self._under_way[caller] -= 1
            if not self._under_way[caller]:
                del self._under_way[caller]

    def _seconds(self, query: DebugQuery) -> float:
        """What the caller is ready to wait; else our own time, and that of the measurement that is asked for."""
        longest = self._limits.longest
        if query.timeout is not None:
            return min(query.timeout, longest)
        wished = next((value for key, value in query.parameters.items() if key.lower() == "seconds"), "")
        try:
            seconds = float(wished or (_OF_PROFILES if query.query.lower() == "profile" else 0.0))
        except ValueError:
            # The agent knows what its parameters mean; it will say so.
            seconds = 0.0
        if not math.isfinite(seconds) or seconds > longest:
            raise InvalidArgument("seconds", wished, f"must be at most {longest:g}")
        return min(max(seconds, 0.0) + self._limits.timeout, longest)


def _open(client: PayloadClient, query: DebugQuery) -> AsyncGenerator[Payload]:
    return client.stream(
        query.query, query.parameters, name=query.name, service_port=query.service_port, timeout=query.timeout
    )


def _unlocated(module: Module) -> PreconditionFailed:
    """Nothing says where the agent of ``module`` is."""
    return PreconditionFailed(f"unable to locate service instance for module [{module.name}]")
