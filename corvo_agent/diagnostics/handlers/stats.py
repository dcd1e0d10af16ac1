"""Answers the Stats query from published variables."""

from __future__ import annotations

import os

from ...access.caller import asker
from ...errors import CorvoError, NotFound
from ...stats.expvar import ExpvarRegistry
from ...stats.runtime import RuntimeStats
from ...stats.samples import SAMPLES
from ...stats.variables import Variable
from ..messages.payloads import stats_payload
from ..query import NOTHING, DebugQuery, Payload
from .variable_collector import VariableCollector


class StatsHandler:
    """Answers ``Stats`` with what ``registry`` publishes, and with what ``runtime`` knows of the process.

    Variables are computed in a thread. One that takes longer than ``patience`` (seconds) is answered with an error
    text in its place; the others are not held up by it.
    """

    def __init__(
        self, registry: ExpvarRegistry | None = None, *, runtime: RuntimeStats | None = None, patience: float = 1.0
    ) -> None:
        self.registry = ExpvarRegistry() if registry is None else registry
        self.runtime = RuntimeStats(asker=asker) if runtime is None else runtime
        self._collector = VariableCollector(patience=patience)

    async def start(self) -> None:
        """Begin to measure the running loop."""
        self.runtime.start()

    async def stop(self) -> None:
        """Measure no more."""
        self.runtime.stop()

    async def handle(self, query: DebugQuery) -> Payload:
        """``action`` clear: nothing, and the debug stats are empty. Else the variable ``expvar``, or all of them but
        ``samples``.

        A variable that is not published gives an empty answer, and an action that is not known counts as get: both
        as in the original. Raises what the one variable raises that was asked for, if that is a CorvoError, such as
        NotFound for a process that does not run; among all of them it has the reason in its place. Raises NotFound for
        a ``worker`` that is not this process.
        """
        _check_worker(query.parameters.get("worker", "").strip())
        if query.parameters.get("action", "").strip().lower() == "clear":
            self.registry.clear()
            return NOTHING
        name = query.parameters.get("expvar", "")
        noted = {known: _Noted(variable) for known, variable in self._wanted(name).items()}
        texts = await self._collector.collect(noted)
        if name and name in noted and (error := noted[name].error) is not None:
            raise error
        return stats_payload(texts)

    def _wanted(self, name: str) -> dict[str, Variable]:
        # What the host publishes comes first: it may have a better cpustats.
        known = {**self.runtime.variables, SAMPLES: self.runtime.samples, **self.registry.variables()}
        if not name:
            known.pop(SAMPLES)
            return dict(sorted(known.items()))
        return {name: known[name]} if name in known else {}


class _Noted(Variable):
    """A variable, and with what CorvoError it failed when it was computed."""

    def __init__(self, variable: Variable) -> None:
        self.error: CorvoError | None = None
        self._variable = variable

    def to_json(self) -> str:
        try:
            return self._variable.to_json()
        except CorvoError as error:
            self.error = error
            raise


def _check_worker(wanted: str) -> None:
    """Raises NotFound where another process is meant than this one, which is all that the agent answers for."""
    if wanted not in ("", "all", f"pid:{os.getpid()}"):
        raise NotFound("worker", wanted, f"this agent answers for process {os.getpid()} alone")
