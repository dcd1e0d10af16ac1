"""The agent: the Module's watcher, the level, the service and its server, wired together, with one life."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import platform
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from ..addresses import address_to_announce
from ..clock import SYSTEM_CLOCK, Clock
from ..diagnostics.introspection.services import introspection
from ..diagnostics.server.server import DiagnosticsServer
from ..diagnostics.service import DiagnosticsService
from ..errors import InvalidArgument, PreconditionFailed, Unavailable
from ..levels.blockers import level_blockers
from ..levels.filter import held_back, refresh_filter
from ..levels.layer import LevelLayer
from ..levels.state import LevelState
from ..modules.announcing.lease import EndpointLease
from ..modules.callbacks import WatchStep
from ..modules.controls.control import Control
from ..modules.kv import KeyValueStore
from ..modules.model import Module
from ..modules.names import validate_name
from ..modules.registration import StartReport
from ..modules.store import ModuleStore
from ..modules.store_clock import StoreClock
from ..modules.watcher import ModuleCallback, ModuleWatcher
from ..sidecar.target.follower import TargetFollower
from ..stats.variables import Func
from ..threads import in_thread
from ..tls_files import FileContext
from .announcement import announced, reachable_address, start_report
from .background import Background
from .history import SeenHistory
from .level_report import LevelReport
from .level_sync import ApplyLevel, LevelSync, apply_to_process
from .lifetime import Lifetime
from .options import AgentOptions
from .overriding import Overriding
from .registration import Registration
from .statistics import AgentStatistics

_log = logging.getLogger(__name__)

# What a second worker of a service with a fixed port hears.
_PORT_ADVICE = (
    "workers of one service need port 0, which gives each its own, or corvo_agent.start(), which gives all one agent"
)


class Agent:
    """Makes this process a Module: ``async with Agent("pen-spyglass", store=EtcdStore(options)):`` is all it takes.

    The Module is NODE-MODULE (``node`` is the host name unless given), or ``name`` when that is given whole. In
    ``store`` the agent watches it, reports its start and announces its address; without a store it only serves. It
    enters and leaves the store, and ``service``, which is ``DiagnosticsService.with_defaults(...)`` over ``log_file``
    unless given.

    The level of the Module goes into force in this process through ``apply_level`` (None: nothing does it but your
    ``on_change``, which hears of each change of the spec, as ModuleWatcher's does). When the agent stops, it takes
    away what it had put over the levels of the application, and nothing else. ``work`` runs as long as the agent does.
    ``target`` follows the process that the Module stands for, where that is not this one: then its starts are
    reported, and published as ``process``. ``level_report`` is for an ``apply_level`` that takes its time.

    The constructor raises InvalidArgument for a name that no Module can have, and for an address to advertise that
    cannot be dialled. Entering raises what listening raises (ConfigError, Unavailable, PermissionRefused), and
    PreconditionFailed while it is entered already. It waits ``options.start_timeout`` for etcd, so that the level holds
    that is wanted there, and goes on without it; nothing that goes wrong later comes out: it is logged, and told by
    ``statistics()``. Leaving takes at most ``options.stop_timeout`` seconds, whatever
    etcd does; after that the agent may be entered again.
    """

    def __init__(
        self,
        module: str,
        *,
        store: KeyValueStore | ModuleStore | None = None,
        node: str = "",
        name: str = "",
        log_file: str | None = None,
        service: DiagnosticsService | None = None,
        on_change: ModuleCallback | None = None,
        apply_level: ApplyLevel | None = apply_to_process,
        work: Sequence[Callable[[], Coroutine[Any, Any, None]]] = (),
        target: TargetFollower | None = None,
        level_report: LevelReport | None = None,
        options: AgentOptions | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.options = options = options or AgentOptions()
        if options.advertise:
            address_to_announce(options.advertise)
        self.node = node or platform.node()
        self.module_name = module
        self.name = validate_name(name or f"{self.node}-{module}", "module name")
        self.service = service or DiagnosticsService.with_defaults(
            module, self.node, options.category, log_file=log_file, limits=options.service_limits
        )
        self.service.name = self.name
        self._clock = clock
        self._layer = LevelLayer(options.level_scope) if apply_level is apply_to_process else None
        self._apply_level = apply_level if self._layer is None else self._layer.apply
        self._work = tuple(work)
        self._target = target
        only_shown = apply_level is None and on_change is None
        self._level_report = level_report or LevelReport(clock=clock, only_shown=only_shown)
        self._store = None if store is None else ModuleStore.of(store, clock=clock)
        # Overrides end by the clock that all share.
        self._store_clock = StoreClock(clock, self._store)
        self._levels = self._new_levels()
        self._history = None if self._store is None else SeenHistory(self.name, self._store.kv, self._store_clock)
        self._overriding = self._new_overriding()
        self._background = Background()
        self._watcher = self._watch(on_change)
        self._server = DiagnosticsServer(
            [self.service, *introspection(self.service)],
            options.listen,
            ssl=options.ssl,
            insecure=options.insecure,
            callers=options.callers,
            socket_group=options.socket_group,
            audit=options.audit,
            limits=options.server_limits,
        )
        self._endpoint: EndpointLease | None = None
        self._lifetime = Lifetime(options.stop_timeout)
        self._prepared = self._entered = self._published = False
        # Set once it is known what etcd wants.
        self._heard = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Agent {self.name} at {self.address or 'no address yet'}, {self.level}>"

    @property
    def address(self) -> str:
        """Where it answers: "HOST:PORT" or "unix:PATH"; "" while it does not."""
        return self._server.address

    @property
    def level(self) -> LevelState:
        """The level that holds, why, and until when."""
        return self._levels.state

    @property
    def controls(self) -> tuple[Control, ...]:
        """The controls of its Module as the store has them, those that have ended included."""
        return () if self._overriding is None else self._overriding.known

    @property
    def watcher(self) -> ModuleWatcher | None:
        """What follows the Module; None without a store."""
        return self._watcher

    @property
    def endpoint(self) -> EndpointLease | None:
        """The announcement of the address; None without a store, and while it does not serve."""
        return self._endpoint

    def statistics(self) -> AgentStatistics:
        """How the agent is doing."""
        return AgentStatistics(
            name=self.name,
            address=self.address,
            level=self._levels.state,
            levels=self._levels.statistics(),
            watcher=None if self._watcher is None else self._watcher.statistics(),
            endpoint=None if self._endpoint is None else self._endpoint.state,
            clock=None if self._store is None else self._store.clock_difference(),
            held_back=() if self._layer is None else held_back(),
            blockers=None if self._layer is None else level_blockers(),
        )

    async def reload_credentials(self) -> None:
        """Read certificates, keys and passwords now, although their files look unchanged; open connections stay.

        What is renewed is noticed without it, by the next connection. Raises ConfigError for what is of no use; it is
        not used then.
        """
        if isinstance(self.options.ssl, FileContext):
            await in_thread(self.options.ssl.reload, "corvo-read-certificates")
        if self._store is not None:
            await self._store.reload_credentials()

    async def prepare(self, before: Agent | None = None) -> None:
        """Do now what of entering may fail: take the address, read certificates. Nothing is served or sent.

        ``before`` is an entered agent that this one is to follow: it goes on untouched until it is left, and an
        address that both have is handed over without a gap. Raises what entering raises, and is closed then.
        """
        if self._lifetime.closed:
            self._begin_anew()
        if self._prepared:
            return
        self._prepared = True
        try:
            if self._store is not None:
                await self._lifetime.open(self._store)
            self._lifetime.on_close("address", self._server.aclose)
            await self._server.bind(None if before is None else before._server)
        except BaseException as error:
            await self.aclose()
            if isinstance(error, Unavailable) and getattr(error.__cause__, "errno", 0) == errno.EADDRINUSE:
                raise Unavailable(error.peer, f"{error.reason}; {_PORT_ADVICE}") from error
            raise

    async def __aenter__(self) -> Self:
        """Serve, then watch and announce. Cancelled or failed, it has stopped again.

        Where etcd answers within ``start_timeout``, the level that it wants is in force.
        """
        if self._entered:
            raise PreconditionFailed(f"the agent of {self.name} is entered already")
        self._entered = True
        try:
            await self._open()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, see ``aclose``."""
        await self.aclose()

    async def aclose(self) -> None:
        """Take the announcement back, answer what was asked, stop; within ``stop_timeout``. May be called again."""
        try:
            await self._lifetime.aclose()
        finally:
            # Closed also when the wait for it was cancelled.
            self._endpoint, self._entered = None, False

    def _begin_anew(self) -> None:
        """Forget the life that is over: nothing of its level is known any more."""
        self._lifetime = Lifetime(self.options.stop_timeout)
        self._levels, self._overriding = self._new_levels(), self._new_overriding()
        self._heard.clear()
        self._prepared = False

    async def _open(self) -> None:
        await self.prepare()
        opened = self._lifetime
        if self.options.audit is not None:
            opened.on_close("audit", self.options.audit.aclose)
        await opened.open(self.service)
        await opened.open(self._server)
        if self._layer is not None:
            opened.on_close("levels", self._restore_levels)
        opened.on_close("recorders", self._stop_recording)
        opened.on_close("background", self._background.aclose)
        self._publish()
        self._background.start(self._levels.run(), "corvo-levels")
        if self._target is not None:
            self._background.start(self._target.run(), "corvo-target")
        for work in self._work:
            self._background.start(work(), "corvo-agent-work")
        if self._store is None or self._watcher is None:
            return
        if self._history is not None:
            await opened.open(self._history)
        await opened.open(self._watcher)
        endpoint = EndpointLease(
            self._store.kv,
            self.name,
            replace(announced(self.options, self.address, self.module_name), level=self._level_report.level),
            find_address=None if self.options.advertise else lambda: reachable_address(self.options, self.address),
            ttl=self.options.lease_ttl,
            clock=self._clock,
        )
        self._endpoint = await opened.open(endpoint)
        self._level_report.tell = endpoint.tell
        registration = Registration(self._store, self._watcher, self._report, self._target, self._clock)
        if self._overriding is not None:
            self._background.start(self._overriding.run(), "corvo-controls")
        self._background.start(registration.report_starts(), "corvo-register")
        self._background.start(registration.keep(), "corvo-keep-registered")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.options.start_timeout):
                await self._heard.wait()

    def _publish(self) -> None:
        if self._published:
            return
        self._published = True
        if "agent" not in self.service.expvars.names:
            self.service.expvars.publish("agent", Func(lambda: self.statistics().as_json()))
        if self._target is not None:
            self.service.expvars.publish("process", Func(self._target.as_json))

    def _new_levels(self) -> LevelSync:
        return LevelSync(
            clock=self._store_clock,
            default=self.options.default_level,
            apply=self._level_report.around(self._apply),
            refresh=_nothing if self._layer is None else refresh_filter,
        )

    def _new_overriding(self) -> Overriding | None:
        if self._store is None:
            return None
        ended = None if self._history is None else self._history.overruled
        return Overriding(self.name, self._store.kv, self._update_levels, clock=self._store_clock, ended=ended)

    def _take_step(self, step: WatchStep) -> None:
        if self._overriding is not None:
            self._overriding.take(step)
        self._heard.set()

    def _note_step(self, step: WatchStep) -> None:
        """What may come after the change is in force, and the application knows of it."""
        if self._history is not None:
            self._history.take(step)
        if self.options.audit is not None:
            self.options.audit.seen_beside(step.beside)
        if self._endpoint is not None:
            self._endpoint.heard(step.beside)

    def _update_levels(self, module: Module | None, controls: tuple[Control, ...]) -> None:
        self._levels.update(module, controls)

    def _watch(self, on_change: ModuleCallback | None) -> ModuleWatcher | None:
        if self._store is None:
            if on_change is not None:
                raise InvalidArgument("on_change", None, "needs a store to watch the Module in")
            return None
        watcher = ModuleWatcher(
            self.name,
            self._store,
            on_step=self._take_step,
            after_step=self._note_step,
            callback_timeout=self.options.callback_timeout,
            check_interval=self.options.check_interval,
        )
        if on_change is not None:
            watcher.subscribe(lambda change: on_change(change.module), shown_as=on_change)
        if self.options.audit is not None:
            watcher.subscribe(self.options.audit.seen)
        return watcher

    def _report(self) -> StartReport:
        return start_report(
            self.options, self.options.advertise or self.address, self.node, self.module_name, self.name
        )

    def _apply(self, state: LevelState) -> None:
        self.service.record(state.enable_trace)
        if self._apply_level is not None:
            self._apply_level(state)

    async def _stop_recording(self) -> None:
        self.service.record(False)

    async def _restore_levels(self) -> None:
        if self._layer is not None:
            self._layer.close()


def _nothing(*_: object) -> None:
    """For an agent that does not set the levels of this process."""
