"""Stats of all processes of a Module: each by itself, and what they count added up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from ..diagnostics.messages.payloads import decode_stats, stats_payload
from ..diagnostics.query import NOTHING, DebugQuery, Payload
from ..errors import CorvoError
from ..stats.counters import Count, add_counts
from ..stats.expvar import ExpvarRegistry
from ..stats.variables import error_text, render
from .connection import SHARE, WorkerConnection
from .workers import Workers

#: Seconds that a process gets to answer, where the caller does not wait for less.
PATIENCE = 10.0
_WORKERS = "workers"
_AGENT = "agent"
# In the place of all variables of a process that does not answer.
_ERROR = "error"


class HubStats:
    """Answers ``Stats`` for ``workers`` of the Module ``name``; ``own`` is what the hub publishes of itself.

    Without ``worker`` among the parameters, or with "all": what all count is added up, those that have ended included;
    ``workers`` holds the variables of each by its id; what cannot be added up is told by id where there are several
    processes, and as it is where there is one. With an id or "pid:NUMBER": the variables of that one.
    """

    def __init__(self, workers: Workers, own: ExpvarRegistry, name: Callable[[], str]) -> None:
        self._workers = workers
        self._own = own
        self._name = name

    async def start(self) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to do."""

    async def handle(self, query: DebugQuery) -> Payload:
        """``action`` clear: empties the debug stats of all. Else the variable ``expvar``, or all; an unknown one is
        empty. Raises NotFound and InvalidArgument for a worker that there is not.
        """
        parameters = dict(query.parameters)
        wanted = parameters.pop("worker", "").strip()
        chosen = self._workers.choose(wanted, self._name())
        asked = replace(query, parameters=parameters)
        if parameters.get("action", "").strip().lower() == "clear":
            await asyncio.gather(*(_stats(worker, asked) for worker in chosen))
            self._own.clear()
            return NOTHING
        variable = parameters.get("expvar", "")
        if wanted and wanted != "all":
            return stats_payload((await _stats(chosen[0], asked)) if len(chosen) == 1 else {})
        answers = await asyncio.gather(*(_stats(worker, asked) for worker in chosen))
        by_worker = dict(zip(chosen, answers, strict=True))
        shown = {} if variable == _AGENT else self._together(by_worker, variable)
        if not variable:
            shown[_WORKERS] = _dump({worker.id: _of_one(worker, texts) for worker, texts in by_worker.items()})
        shown.update(await self._of_hub(variable, chosen))
        return stats_payload(dict(sorted(shown.items())))

    def _together(self, answers: Mapping[WorkerConnection, Mapping[str, str]], variable: str) -> dict[str, str]:
        counted: dict[str, Count] = {}
        for counts in (self._workers.gone, *(worker.counts for worker in answers)):
            add_counts(counted, {name: count for name, count in counts.items() if not variable or name == variable})
        shown = {name: _dump(count) for name, count in counted.items()}
        names = {name for texts in answers.values() for name in texts} - {_ERROR, *counted}
        for name in names:
            texts = {worker.id: texts[name] for worker, texts in answers.items() if name in texts}
            alone = len(self._workers) == 1
            shown[name] = next(iter(texts.values())) if alone else _object(texts)
        return shown

    async def _of_hub(self, variable: str, chosen: tuple[WorkerConnection, ...]) -> dict[str, str]:
        published = {name: item for name, item in self._own.variables().items() if not variable or name == variable}
        texts = {name: render(item) for name, item in published.items()}
        if _AGENT in texts:
            texts[_AGENT] = await _with_blockers(texts[_AGENT], chosen)
        return texts


async def _stats(worker: WorkerConnection, query: DebugQuery) -> dict[str, str]:
    """The variables of one; one text in their place where it does not answer."""
    patience = PATIENCE if query.seconds is None else min(PATIENCE, query.seconds * SHARE)
    try:
        return decode_stats((await worker.ask(query, patience)).value)
    except CorvoError as error:
        return {_ERROR: error_text(str(error))}


async def _with_blockers(own: str, workers: tuple[WorkerConnection, ...]) -> str:
    """The hub's own ``agent`` with what the processes say of their loggers."""
    shown: dict[str, Any] = orjson.loads(own)
    question = DebugQuery("Stats", {"expvar": _AGENT})
    answers = await asyncio.gather(*(_stats(worker, question) for worker in workers))
    held: dict[str, None] = {}
    blockers: dict[str, list[str]] = {}
    for worker, texts in zip(workers, answers, strict=True):
        told = orjson.loads(texts.get(_AGENT, "{}"))
        held.update(dict.fromkeys(told.get("held-back", ())))
        for blocker in told.get("blockers", ()):
            blockers.setdefault(blocker, []).append(worker.name)
        if _ERROR in texts:
            blockers.setdefault(orjson.loads(texts[_ERROR])["error"], []).append(worker.name)
    if held:
        shown["held-back"] = list(held)
    # What stands in the way in all of them needs no name.
    shown["blockers"] = [
        blocker if len(names) == len(workers) else f"{', '.join(names)}: {blocker}"
        for blocker, names in blockers.items()
    ]
    return _dump(shown)


def _of_one(worker: WorkerConnection, texts: Mapping[str, str]) -> dict[str, Any]:
    return {"pid": worker.pid, **{name: orjson.Fragment(text) for name, text in texts.items()}}


def _object(texts: Mapping[str, str]) -> str:
    return _dump({name: orjson.Fragment(text) for name, text in texts.items()})


def _dump(value: object) -> str:
    return orjson.dumps(value).decode()
