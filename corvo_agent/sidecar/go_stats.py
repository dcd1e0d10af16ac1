"""The Stats query of a Go process, answered by its own expvars."""

from __future__ import annotations

from ..diagnostics.payloads import stats_payload
from ..diagnostics.query import NOTHING, DebugQuery, Payload
from .go_pprof import GoProcess


class GoStatsHandler:
    """Answers ``Stats`` with what /debug/vars of ``process`` says, each value as it is written there."""

    def __init__(self, process: GoProcess) -> None:
        self._process = process

    async def start(self) -> None:
        """Nothing to do: each question has a connection of its own."""

    async def stop(self) -> None:
        """Nothing to do."""

    async def handle(self, query: DebugQuery) -> Payload:
        """``action`` clear: empties its debug stats. Else the variable ``expvar``, or all; an unknown one is empty.

        Raises what ``GoProcess.get`` raises.
        """
        if query.parameters.get("action", "").strip().lower() == "clear":
            await self._process.clear()
            return NOTHING
        variables = await self._process.variables()
        name = query.parameters.get("expvar", "")
        if not name:
            return stats_payload(variables)
        return stats_payload({name: variables[name]} if name in variables else {})
