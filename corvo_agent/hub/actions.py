"""Actions of a Module with several processes: run in the one that is named, or in all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import orjson

from ..diagnostics.messages.payloads import decode_text, string_payload
from ..diagnostics.query import DebugQuery, Payload
from ..errors import CorvoError, InvalidArgument, NotFound, Unsupported
from .connection import SHARE
from .workers import Workers

#: Seconds that an action gets where the caller sets no deadline.
PATIENCE = 60.0


class HubActions:
    """Answers ``Action`` for ``workers`` of the Module ``name``: ``worker`` says in which one, where there are several.

    What an action does is its own affair: it is never run in more processes than a caller has asked for.
    """

    def __init__(self, workers: Workers, name: Callable[[], str]) -> None:
        self._workers = workers
        self._name = name

    async def start(self) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to do."""

    async def handle(self, query: DebugQuery) -> Payload:
        """The answer of the one process; of all, a JSON object of their texts by id, or of errors.

        Raises what the action raises, InvalidArgument where several could be meant, and NotFound.
        """
        parameters = dict(query.parameters)
        wanted = parameters.pop("worker", "").strip()
        chosen = self._workers.choose(wanted, self._name())
        if not chosen:
            raise NotFound("process of the module", self._name(), "none is connected")
        if len(chosen) > 1 and not wanted:
            raise InvalidArgument("worker", None, "which one?", [*(worker.id for worker in chosen), "all"])
        asked = replace(query, parameters=parameters)
        patience = PATIENCE if query.seconds is None else query.seconds * SHARE
        if len(chosen) == 1 and wanted != "all":
            return await chosen[0].ask(asked, patience)
        answers = await asyncio.gather(*(worker.ask(asked, patience) for worker in chosen), return_exceptions=True)
        shown: dict[str, object] = {}
        for worker, answer in zip(chosen, answers, strict=True):
            if isinstance(answer, CorvoError):
                shown[worker.id] = {"error": str(answer)}
            elif isinstance(answer, BaseException):
                raise answer
            elif (text := decode_text(answer)) is None:
                raise Unsupported(f"an action that answers {answer.type_url}, in several processes", "name one of them")
            else:
                shown[worker.id] = text
        return string_payload(orjson.dumps(shown).decode())
