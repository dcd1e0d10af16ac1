"""The last fifteen minutes of a Module in numbers, as its agent has kept them, over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from aiohttp import web

from ....diagnostics.messages.payloads import STATS, check_type, decode_stats
from ....diagnostics.query import DebugQuery
from ....errors import RemoteError
from ....modules.names import API_PATH
from ....stats.samples import COLUMNS, SAMPLES
from ....timestamps import format_millis
from ...objects.errors import Action
from ...objects.module_api import ModuleApi
from ...routing.router import Router
from ..http import guarded, json_response

# Of several processes: what all of them cost, and the worst that any of them has seen.
_ADDED = {"cpu", "rss", "tasks"}


class SampleViews:
    """Samples of Modules, asked for through ``router``."""

    def __init__(self, api: ModuleApi, router: Router) -> None:
        self._api = api
        self._router = router

    def routes(self) -> list[web.RouteDef]:
        """Where they are served."""
        path = f"{API_PATH}/modules/{{name}}/samples"
        return [web.get(path, guarded(self.samples, Action.DEBUG), allow_head=False)]

    async def samples(self, request: web.Request) -> web.Response:
        """GET modules/NAME/samples: fifteen minutes, of all processes together or of ``worker``."""
        await self._api.ready()
        name, worker = request.match_info["name"], request.query.get("worker", "")
        parameters = {"action": "get", "expvar": SAMPLES} | ({"worker": worker} if worker else {})
        payload = await self._router.debug(DebugQuery("Stats", parameters, name))
        text = decode_stats(check_type(payload, STATS)).get(SAMPLES)
        shown: dict[str, Any] = {"module": name, "step": None, "samples": []}
        if text is None:
            return json_response(orjson.dumps({**shown, "unknown": "its agent keeps no samples"}))
        try:
            told = orjson.loads(text)
            if error := told.get("error"):
                return json_response(orjson.dumps({**shown, "unknown": str(error)}))
            parts = [told] if "rows" in told else list(told.values())
            step = float(parts[0]["step"]) if parts else None
            return json_response(orjson.dumps({**shown, "step": step, "samples": _together(parts)}))
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            raise RemoteError(name, "DATA_LOSS", f"malformed samples: {error}") from error


def _together(parts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The samples of all processes by their time; processes take theirs at other moments of the same step."""
    found: dict[int, dict[str, Any]] = {}
    for part in parts:
        names = part["columns"]
        for row in part["rows"]:
            values = dict(zip(names, row, strict=True))
            slot = round(values["time"] / part["step"])
            into = found.setdefault(slot, {"time": values["time"], **dict.fromkeys(COLUMNS[1:])})
            for key in COLUMNS[1:]:
                value, before = values.get(key), into[key]
                if value is not None:
                    into[key] = value if before is None else before + value if key in _ADDED else max(before, value)
    return [{**each, "time": format_millis(round(each["time"] * 1e9))} for _, each in sorted(found.items())]
