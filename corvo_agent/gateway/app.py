"""The gateway as a whole: parts in the order in which they need each other, servers last."""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from aiohttp import hdrs, web

from ..access.audit import Audit
from ..access.caller import current_caller
from ..access.callers import EVERYONE, said_to_agents
from ..access.recent import RecentLines
from ..addresses import address_to_listen
from ..clock import SYSTEM_CLOCK, Clock
from ..diagnostics.server.acceptor import Acceptor, within_descriptors
from ..diagnostics.server.listen import address_of, open_socket
from ..diagnostics.server.server import DiagnosticsServer
from ..diagnostics.shedding import Shedding
from ..modules.controls.control import Control
from ..modules.kv import KeyValueStore
from ..modules.model import Module, ObjectMeta
from ..modules.store import ModuleStore
from ..modules.store_clock import StoreClock
from ..settings.secret_file import read_secret
from ..tls_files import FileContext
from .auth import Gatekeeper
from .credentials import gatekeeper_of
from .grpc.service import DiagnosticsV1
from .grpc.status import DetailsCodec
from .identity import GatewayIdentity
from .looking import Looking, Views
from .metrics import Metrics
from .multiplex.multiplexer import Multiplexer
from .objects.changes import Changes, HistoryKeeper
from .objects.module_api import ModuleApi
from .rest.answers import Answers
from .rest.compression import compress_answers
from .rest.connection import GuardedHandler, HttpConnections, HttpLimits
from .rest.http import MAX_BODY
from .rest.middleware import add_headers, answer_strays, audit_refusals, check_credentials, check_host, check_origin
from .rest.views import console, documents
from .rest.views.debug import DebugViews
from .rest.views.errors import ErrorViews
from .rest.views.follow import FollowViews
from .rest.views.history import HistoryViews
from .rest.views.logs import LogViews
from .rest.views.modules import ModuleViews
from .rest.views.stacks import StackViews
from .rest.views.status import StatusViews
from .rest.views.watch import WatchViews
from .routing.networks import DialPolicy
from .routing.peers import PeerPool
from .routing.resolver import Resolver
from .routing.router import RouteLimits, Router
from .routing.sockets import SocketPolicy
from .settings import GatewaySettings
from .tls import agent_context, grpc_context, proxy_context, server_context
from .watching.caretaker import Caretaker
from .watching.completer import Completer
from .watching.control_keeper import ControlKeeper
from .watching.endpoint_cache import EndpointCache
from .watching.module_cache import ModuleCache
from .watching.watch_hub import WatchHub, WatchLimits

_log = logging.getLogger(__name__)

#: Seconds that requests under way get when the gateway stops.
_DRAIN = 3.0


class Gateway:
    """Serves the Modules of ``store``, which is entered and left by its owner, until it is left itself.

    Entering raises ConfigError for settings that are unsafe or wrong and Unavailable for an address that is taken;
    it does not wait for the store. Leaving ends watches and followed logs and gives other requests three seconds.
    """

    def __init__(
        self,
        store: KeyValueStore | ModuleStore,
        settings: GatewaySettings | None = None,
        *,
        routes: RouteLimits | None = None,
        watches: WatchLimits | None = None,
        http: HttpLimits | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.settings = settings or GatewaySettings()
        self.settings.check()
        self._clock = clock
        interval = self.settings.check_interval
        self._modules = modules = ModuleStore.of(store, clock=clock)
        # Opened here: a file that cannot be written has to show before anything is served.
        self._recent = RecentLines()
        self._audit = Audit(self.settings.audit_file, clock, self._recent)
        self._gatekeeper = Gatekeeper(EVERYONE)
        self._agent_token = ""
        self._contexts: list[FileContext] = []
        self._routes = routes or RouteLimits()
        self._watches = watches or WatchLimits()
        self._http = http or HttpLimits()
        #: What it refuses while the process takes too much; nothing unless its owner says so.
        self.shedding = Shedding()
        self.connections = HttpConnections()
        self.answers = Answers(self._http.answer_bytes, clock)
        self.hub = WatchHub(limits=self._watches, clock=clock)
        self.identity = GatewayIdentity.of(clock)
        self.changes = changes = Changes(modules, StoreClock(clock, modules), self.identity.id)
        self.cache = ModuleCache(modules.kv, self.hub, check_interval=interval, clock=clock, saw=changes.saw)
        self.endpoints = EndpointCache(modules.kv, check_interval=interval, clock=clock, saw=self._saw_control)
        self.api = ModuleApi(
            modules,
            self.cache,
            self.hub,
            self.endpoints,
            max_staleness=self.settings.max_staleness,
            clock=clock,
            audit=self._audit,
            changes=changes,
        )
        self._multiplexer = Multiplexer({})
        self._stack = AsyncExitStack()
        self._address = ""
        #: (method, path) of each request that it answers.
        self.routes: set[tuple[str, str]] = set()
        self._grpc: DiagnosticsServer | None = None

    async def __aenter__(self) -> Self:
        """Start all of it."""
        settings = self.settings
        # Files are small and local, but the loop is not the place to read them all the same.
        # By etcd's time, where that is known, as overrides end: no token ends early because this clock was set.
        self._gatekeeper = await asyncio.to_thread(gatekeeper_of, settings, StoreClock(self._clock, self._modules))
        await self._gatekeeper.start()
        server_tls, grpc_tls, agent_tls, proxy_tls = await asyncio.to_thread(
            lambda: (server_context(settings), grpc_context(settings), agent_context(settings), proxy_context(settings))
        )
        self._agent_token = await asyncio.to_thread(self._read_agent_token)
        self._contexts = [context for context in (server_tls, grpc_tls, agent_tls, proxy_tls) if context is not None]
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._audit.aclose)
            peers = PeerPool(
                ssl=agent_tls,
                proxy_ssl=proxy_tls,
                clock=self._clock,
                metadata=lambda: said_to_agents(self._agent_token),
            )
            stack.push_async_callback(peers.aclose)
            await stack.enter_async_context(self.changes.recorder)
            await stack.enter_async_context(self.cache)
            await stack.enter_async_context(self.endpoints)
            for keeper in self._caretakers():
                await stack.enter_async_context(keeper)
            resolver = Resolver(DialPolicy(settings.allow_networks), clock=self._clock)
            router = Router(
                self._module,
                self.endpoints,
                resolver,
                peers,
                limits=self._routes,
                audit=self._audit,
                shedding=self.shedding,
                sockets=SocketPolicy(settings.allow_sockets),
            )
            metrics = Metrics(self.cache, self.endpoints, self.hub, peers, self.shedding)
            own = Router(self._any_module, self.endpoints, resolver, peers, quiet=True)
            looking = Looking(
                self.api, self.endpoints, router, own, self._audit, self._recent, self.identity, self._clock
            )
            self._multiplexer, more = await looking.open(stack)
            await self._serve(stack, self._application(router, metrics, more), server_tls)
            if settings.grpc_listen:
                v1 = DiagnosticsV1(self.api, router, self._gatekeeper, self._audit, self.answers)
                await self._serve_grpc(stack, v1, grpc_tls)
            # Watchers hear that it stops before their connections are drained.
            stack.push_async_callback(self._end_streams)
            self._stack = stack.pop_all()
        return self

    def _caretakers(self) -> list[Caretaker]:
        return [
            ControlKeeper(self._modules, self.cache, self.endpoints, clock=self._clock, ended=self._overruled),
            Completer(self._modules, self.cache, clock=self._clock),
            HistoryKeeper(self._modules, self.cache, clock=self._clock),
        ]

    def _overruled(self, module: Module, control: Control) -> None:
        self.changes.overruled(self.endpoints.level_of(module), control)

    def _saw_control(self, name: str, old: Control | None, new: Control | None, revision: int) -> None:
        entry = self.cache.get(name)
        module = Module(ObjectMeta(name=name)) if entry is None else entry.module
        self.changes.saw_control(self.endpoints.level_of(module), old, new, revision)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all of it, in reverse."""
        self._address = ""
        await self._stack.aclose()

    async def reload_credentials(self) -> None:
        """Read certificates, keys, passwords and the tokens of callers now, for the connections and calls that follow.

        What is renewed is noticed without it. Raises ConfigError for what is of no use; that, and what comes after it,
        is not used then.
        """

        def read() -> None:
            for context in self._contexts:
                context.reload()
            self._gatekeeper.reload()
            self._agent_token = self._read_agent_token()

        await asyncio.to_thread(read)
        await self._modules.reload_credentials()

    def _read_agent_token(self) -> str:
        return read_secret(self.settings.agent_token_file, "agent-token-file")

    @property
    def address(self) -> str:
        """``HOST:PORT`` that it listens on."""
        return self._address

    @property
    def grpc_address(self) -> str:
        """``HOST:PORT`` that DiagnosticsV1 is served at, "" for nowhere."""
        return self._grpc.address if self._grpc else ""

    @property
    def url(self) -> str:
        """Where its REST API begins."""
        return f"http{'s' if self.settings.tls_cert else ''}://{self.address}"

    def state(self) -> dict[str, object]:
        """What it is busy with, for its own log."""
        return {
            "modules": len(self.cache),
            "staleness": round(self.cache.staleness(), 1),
            "watchers": self.hub.watchers,
            "connections": len(self.connections),
            "refused-connections": self.connections.refused,
            "answer-bytes": self.answers.held,
        }

    def _module(self, name: str) -> Module | None:
        entry = self.cache.get(name)
        if entry is None:
            return None
        current_caller().require_module(entry.module.meta.labels)
        return entry.module

    def _any_module(self, name: str) -> Module | None:
        """The same for what the gateway itself asks: no caller's audit, no caller's rights."""
        entry = self.cache.get(name)
        return None if entry is None else entry.module

    async def _end_streams(self) -> None:
        self.hub.close()
        await self._multiplexer.aclose()

    def _application(self, router: Router, metrics: Metrics, more: tuple[Views, ...]) -> web.Application:
        # Whoever shows a token is no page that was made to ask: the name that it asks for tells nothing then.
        names = () if self._gatekeeper.required else (check_host(self.settings.hostnames),)
        checks = (check_origin, audit_refusals(self._audit), check_credentials(self._gatekeeper, self._http.recheck))
        application = web.Application(
            middlewares=[metrics.middleware(), compress_answers, answer_strays, *names, *checks],
            client_max_size=MAX_BODY,
        )
        application.on_response_prepare.append(add_headers)
        served: tuple[Views, ...] = (
            ModuleViews(self.api, router),
            WatchViews(self.api, self._watches.patience, period=self._watches.bookmark),
            FollowViews(self.api, router),
            HistoryViews(self.api),
            DebugViews(self.api, router, self.answers),
            ErrorViews(self.api, router),
            StackViews(self.api, router),
            LogViews(self.api, router, self.answers),
            StatusViews(self.api, self.endpoints, metrics),
            *more,
        )
        for views in served:
            application.add_routes(views.routes())
        application.add_routes(documents.routes())
        application.add_routes(console.routes())
        self.routes = {
            (route.method, route.resource.canonical)
            for route in application.router.routes()
            if route.resource is not None and route.method != hdrs.METH_HEAD
        }
        return application

    async def _serve(self, stack: AsyncExitStack, application: web.Application, tls: ssl.SSLContext | None) -> None:
        # A reader that goes away ends its stream at once, not at the next change. aiohttp waits twice as long as it is
        # told: for requests to end, and for them to end once they are cancelled.
        runner = web.AppRunner(
            application,
            handler_cancellation=True,
            access_log=None,
            shutdown_timeout=_DRAIN / 2,
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        server, limits, connections = runner.server, self._http, self.connections
        assert server is not None
        listen = address_to_listen(self.settings.listen, unix=False)
        # Whether it may listen there has been checked, by the rules of the gateway.
        listener = await open_socket(listen, ssl=tls, insecure=True, patient=True)
        acceptor = Acceptor(
            listener,
            lambda: GuardedHandler(server, limits, connections),
            ssl=tls,
            handshake_timeout=limits.header_timeout,
            limit=within_descriptors(limits.connections),
            connections=connections,
        )
        acceptor.start()
        stack.push_async_callback(acceptor.aclose)
        self._address = address_of(listener)

    async def _serve_grpc(self, stack: AsyncExitStack, service: DiagnosticsV1, tls: ssl.SSLContext | None) -> None:
        # What may listen where has been checked: this server knows nothing of tokens and would want certificates.
        self._grpc = DiagnosticsServer(
            [service],
            self.settings.grpc_listen,
            ssl=tls,
            insecure=True,
            callers=self._gatekeeper.callers,
            refusals=self._audit,
            status_details_codec=DetailsCodec(),
        )
        await stack.enter_async_context(self._grpc)
