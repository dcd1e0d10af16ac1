"""The numbers of Modules for Prometheus, and the list of them that it discovers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
from aiohttp import web

from ....errors import ResourceExhausted
from ....modules.model import Module
from ....modules.selectors.list_options import ListOptions
from ....overview.facts import Facts
from ...module_metrics import CONTENT_TYPE, exposition
from ...objects.errors import Action
from ...objects.module_api import ModuleApi
from ...statuses.board import StatusBoard
from ..http import guarded, json_response
from ..limits import SCRAPE_SECONDS, SCRAPED


class ScrapingViews:
    """``/metrics/modules`` and ``/metrics/targets`` of the Modules of ``api``, by way of ``board``."""

    def __init__(self, api: ModuleApi, board: StatusBoard) -> None:
        self._api = api
        self._board = board

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        return [
            web.get("/metrics/modules", guarded(self.modules, Action.READ), allow_head=False),
            web.get("/metrics/targets", guarded(self.targets, Action.READ), allow_head=False),
        ]

    async def modules(self, request: web.Request) -> web.Response:
        """GET /metrics/modules: the numbers of the Modules called ``name``, or of all that have an agent."""
        wanted = set(request.query.getall("name", ()))
        names = [module.name for module in await self._measurable() if not wanted or module.name in wanted]
        if len(names) > SCRAPED:
            raise ResourceExhausted("modules of one scrape", SCRAPED, len(names))
        await self._board.measurer.refresh(names, SCRAPE_SECONDS)
        rows = [(row.json, self._facts(name)) for name in names if (row := self._board.row(name, measured=True))]
        # A thousand rows are a tenth of a second of work.
        text = await asyncio.to_thread(_exposition, rows)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})

    async def targets(self, request: web.Request) -> web.Response:
        """GET /metrics/targets: what Prometheus scrapes by HTTP service discovery, a target for each Module."""
        scheme, host = request.scheme, request.host
        found = [
            {"targets": [host], "labels": {"__scheme__": scheme, "__param_name": module.name, **_meta(module)}}
            for module in await self._measurable()
        ]
        return json_response(orjson.dumps(found))

    async def _measurable(self) -> list[Module]:
        """Those that the caller may see and whose agents can be asked."""
        listing = await self._api.list(ListOptions())
        modules = (entry.module for entry in listing.items or ())
        return [module for module in modules if self._board.measurable(module.name)]

    def _facts(self, name: str) -> Facts | None:
        measured = self._board.measurer.get(name)
        return None if measured is None else measured.facts


def _exposition(rows: Sequence[tuple[bytes, Facts | None]]) -> bytes:
    return exposition((orjson.loads(row), facts) for row, facts in rows)


def _meta(module: Module) -> dict[str, Any]:
    # Prometheus takes letters, digits and underscores in a label's name.
    labels = {f"__meta_corvo_label_{_plain(key)}": value for key, value in module.meta.labels.items()}
    status = {"__meta_corvo_node": module.status.node, "__meta_corvo_category": module.status.category}
    return {"__meta_corvo_module": module.name, **status, **labels}


def _plain(key: str) -> str:
    return "".join(char if char.isascii() and char.isalnum() else "_" for char in key)
