"""Whether the gateway runs, and whether it knows enough to be asked."""

from __future__ import annotations

from dataclasses import asdict

import orjson
from aiohttp import web

from ...metrics import Metrics
from ...objects.module_api import ModuleApi
from ...watching.endpoint_cache import EndpointCache
from ..http import json_response


class StatusViews:
    """How the gateway is doing: /healthz, /readyz and /metrics."""

    def __init__(self, api: ModuleApi, endpoints: EndpointCache, metrics: Metrics) -> None:
        self._api = api
        self._endpoints = endpoints
        self._metrics = metrics

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        return [
            # Many load balancers and monitors ask by HEAD.
            web.get("/healthz", self.health, allow_head=True),
            web.get("/readyz", self.ready, allow_head=True),
            web.get("/metrics", self._metrics.view, allow_head=False),
        ]

    async def health(self, request: web.Request) -> web.Response:
        """GET /healthz: it answers, so it runs."""
        return web.Response(text="ok\n")

    async def ready(self, request: web.Request) -> web.Response:
        """GET /readyz: 503 while the Modules are unknown or older than the stated bound."""
        cache, bound = self._api.cache, self._api.max_staleness
        staleness = cache.staleness()
        # Beyond the bound reads are refused as well: a load balancer can send them to a gateway that knows more.
        ready = cache.synced and staleness <= bound
        body = {
            "ready": ready,
            # Infinite before the first state, which JSON cannot say.
            "staleness": round(staleness, 3) if cache.synced else None,
            "max-staleness": bound,
            "modules": len(cache),
            "undecodable": cache.undecodable,
            "endpoints": len(self._endpoints),
            "watches": {"modules": asdict(cache.statistics()), "endpoints": asdict(self._endpoints.statistics())},
        }
        return json_response(orjson.dumps(body), status=200 if ready else 503)
