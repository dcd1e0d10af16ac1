"""The Stats query of a Go process, answered by its own expvars."""

from __future__ import annotations

import asyncio

from ...diagnostics.messages.payloads import stats_payload
from ...diagnostics.query import NOTHING, DebugQuery, Payload
from ...errors import CorvoError
from ...secrets import mask_json_text
from ...stats.expvar import ExpvarRegistry
from ...stats.samples import SAMPLES
from ...stats.variables import shown
from .go_pprof import GoProcess

#: What a sidecar publishes of its own work.
OWN_VARIABLES = ("agent", "level-hooks", "process")


class GoStatsHandler:
    """Answers ``Stats`` with what /debug/vars of ``process`` says, each value as it is written there but for secrets.

    The ``OWN_VARIABLES`` that ``own`` publishes are added, where the process has none of that name: they tell how the
    sidecar is doing, also while the process does not answer.
    """

    def __init__(self, process: GoProcess, own: ExpvarRegistry | None = None) -> None:
        self._process = process
        self._own = ExpvarRegistry() if own is None else own

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
        name = query.parameters.get("expvar", "")
        names = (SAMPLES,) if name == SAMPLES else OWN_VARIABLES
        own = await asyncio.to_thread(self._own_variables, names)
        try:
            variables = await asyncio.to_thread(_masked, await self._process.variables())
        except CorvoError:
            # What the sidecar knows itself is answered also while the process is away.
            if name not in own:
                raise
            variables = {}
        variables = {**own, **variables}
        if not name:
            return stats_payload(variables)
        return stats_payload({name: variables[name]} if name in variables else {})

    def _own_variables(self, names: tuple[str, ...]) -> dict[str, str]:
        published = self._own.variables()
        return {name: shown(name, published[name]) for name in names if name in published}


def _masked(variables: dict[str, str]) -> dict[str, str]:
    return {name: mask_json_text(text, name) for name, text in variables.items()}
