"""The gateway's own numbers, for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from ..diagnostics.shedding import Shedding
from .routing.peers import PeerPool
from .watching.endpoint_cache import EndpointCache
from .watching.module_cache import ModuleCache
from .watching.watch_hub import WatchHub

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """One registry per gateway: two in one process do not mix."""

    def __init__(
        self, cache: ModuleCache, endpoints: EndpointCache, hub: WatchHub, peers: PeerPool, shedding: Shedding
    ) -> None:
        self._registry = CollectorRegistry()
        self._shedding = shedding
        self._sources = (cache, endpoints, hub, peers)
        labels = ("route", "method", "code")
        self._requests = Counter("corvo_gateway_requests", "Requests answered", labels, registry=self._registry)
        self._seconds = Histogram(
            "corvo_gateway_request_seconds",
            "Time until a request was answered, streams included",
            ("route", "method"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """The state of the parts, read at each scrape."""
        cache, endpoints, hub, peers = self._sources
        for name, text, value in (
            ("modules", "Modules known", len(cache)),
            ("undecodable", "Keys that hold no Module", cache.undecodable),
            ("revision", "Revision of the Modules", cache.revision),
            ("staleness_seconds", "Seconds since the Modules were known to be current", cache.staleness()),
            ("endpoints", "Agents that announced themselves", len(endpoints)),
            ("watchers", "Watchers of Modules", hub.watchers),
            ("peers", "Agents connected to or tried lately", len(peers)),
            (
                "shedding",
                "0: nothing is refused, 1: profiles and followed logs, 2: all but Stats",
                self._shedding.stage,
            ),
            ("peers_down", "Agents that could not be reached when last tried", peers.down),
        ):
            yield GaugeMetricFamily(f"corvo_gateway_{name}", text, value)
        refused = "Queries refused because the process took too much"
        yield CounterMetricFamily("corvo_gateway_shed", refused, self._shedding.refused)

    def middleware(self) -> Middleware:
        """Counts and times every request by its route, never by its path."""

        @web.middleware
        async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
            started = time.perf_counter()
            code = 500
            try:
                response = await handler(request)
                code = response.status
                return response
            finally:
                # A label for each path would let any client grow the registry without end.
                resource = request.match_info.route.resource
                route = resource.canonical if resource is not None else "none"
                # For the same reason: HTTP lets a client invent methods.
                method = request.method if request.method in _METHODS else "other"
                self._requests.labels(route, method, code).inc()
                self._seconds.labels(route, method).observe(time.perf_counter() - started)

        return count

    async def view(self, request: web.Request) -> web.Response:
        """GET /metrics."""
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


_METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"))
