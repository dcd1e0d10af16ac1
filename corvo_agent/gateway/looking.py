"""What a gateway shows of the fleet as it lives, and what it takes of it: the parts that go together, wired."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from ..access.audit import Audit
from ..access.recent import RecentLines
from ..clock import Clock
from .identity import GatewayIdentity
from .multiplex.kinds import SubscriptionKind
from .multiplex.multiplexer import Multiplexer
from .objects.audit_lines import AuditLines
from .objects.module_api import ModuleApi
from .operations.bundles import BUNDLE_LIMITS, Bundles
from .operations.profiles import Profiles
from .operations.shelf import Shelf
from .rest.views.audit import AuditViews
from .rest.views.counts import CountViews
from .rest.views.fleet import FleetViews
from .rest.views.multiplex import MultiplexViews
from .rest.views.operations import BundleViews, ProfileViews
from .rest.views.samples import SampleViews
from .rest.views.scraping import ScrapingViews
from .routing.router import Router
from .statuses.board import StatusBoard
from .statuses.measured_client import ask_through
from .subscriptions.audit import AuditKind
from .subscriptions.logs import LogsKind
from .subscriptions.profile import ProfileKind
from .subscriptions.statuses import StatusesKind
from .watching.endpoint_cache import EndpointCache


class Views(Protocol):
    """A group of requests that are answered."""

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        ...


@dataclass(frozen=True, slots=True)
class Looking:
    """What it is made of: ``router`` is for what callers ask, ``own`` for what none of them does."""

    api: ModuleApi
    beside: EndpointCache
    router: Router
    own: Router
    audit: Audit
    recent: RecentLines
    identity: GatewayIdentity
    clock: Clock

    async def open(self, stack: AsyncExitStack) -> tuple[Multiplexer, tuple[Views, ...]]:
        """The streams and the requests; what has to be closed is pushed on ``stack``, but for the streams."""
        id, modules = self.identity.id, self.api.cache
        board = StatusBoard(modules, self.beside, ask_through(self.own, self.clock), self.api.clock)
        stack.callback(board.stop)
        await stack.enter_async_context(board.measurer)
        lines = AuditLines(self.recent, modules, id)
        profiles = Profiles(Shelf("profiles", clock=self.clock), self.router, self.api.clock, id)
        stack.push_async_callback(profiles.shelf.aclose)
        shelf = Shelf("bundles", BUNDLE_LIMITS, self.clock)
        stack.push_async_callback(shelf.aclose)
        bundles = Bundles(shelf, self.router, self.api, self.api.clock, id)
        kinds: dict[str, SubscriptionKind] = {
            "statuses": StatusesKind(board),
            "logs": LogsKind(board, self.router),
            "profile": ProfileKind(profiles.shelf),
            "audit": AuditKind(lines),
        }
        multiplexer = Multiplexer(kinds)
        return multiplexer, (
            FleetViews(self.api, board, self.identity),
            ScrapingViews(self.api, board),
            MultiplexViews(self.api, multiplexer),
            CountViews(self.api, self.own, self.audit),
            ProfileViews(self.api, profiles),
            BundleViews(self.api, bundles),
            SampleViews(self.api, self.router),
            AuditViews(lines, self.api.clock),
        )
