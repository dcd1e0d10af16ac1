"""The answers of agents to a Log query, page by page where an answer says that there is more."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping

from ...errors import CorvoError
from ...logs.lines.marker import CURSOR, is_marker
from ...logs.lines.record import Record
from ..backends.protocol import Backend
from ..failures import Failures


class LogPages:
    """Asks agents for what ``parameters`` say; ``failures`` is told of those that cannot be asked any more."""

    def __init__(self, backend: Backend, parameters: Mapping[str, str], failures: Failures) -> None:
        self.failures = failures
        #: Whether the newest line comes first.
        self.descending = parameters.get("order") == "desc"
        self._backend = backend
        self._parameters = dict(parameters)
        self._wants_all = parameters.get("lines") == "all"

    async def first(self, name: str) -> list[Record]:
        """The first answer of the agent of the module ``name``. Raises what asking it raises."""
        return await self._ask(name, self._parameters)

    async def all(self, name: str, first: list[Record]) -> AsyncGenerator[list[Record]]:
        """The records of ``first``; when all are wanted, also those of the following answers."""
        records = first
        while True:
            more = next(
                (record for record in records if self._wants_all and is_marker(record) and CURSOR in record), None
            )
            # An answer that is gone on behind has not ended early.
            yield [record for record in records if record is not more]
            if more is None:
                return
            try:
                records = await self._ask(name, {**self._parameters, "cursor": more[CURSOR]})
            except CorvoError as error:
                self.failures.add(name, error)
                return

    async def _ask(self, name: str, parameters: Mapping[str, str]) -> list[Record]:
        async with self._backend.agent(name) as client:
            return await client.logs(parameters)
