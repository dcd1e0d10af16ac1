"""What a gateway puts in order in the store from time to time, while it is entered."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from ...clock import Clock
from ...errors import CorvoError, PermissionRefused
from ...tasks import end_task

_log = logging.getLogger(__name__)

#: Seconds between two looks: an agent or a writer whose object it is has put it in order by then.
PERIOD = 10.0


class Caretaker(ABC):
    """Calls ``look`` every ``period`` seconds by ``clock``. ``stays`` is what stays as it is where it may not write.

    That is logged once. What fails otherwise is tried again at the next look. Several gateways do no harm to each
    other: a ``look`` finds in order what another one has put in order.
    """

    def __init__(self, stays: str, *, period: float, clock: Clock) -> None:
        self._stays = stays
        self._period = period
        self._clock = clock
        self._refused = False
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def look(self) -> None:
        """Look once, and put in order what is not. Raises what the store raises."""

    async def __aenter__(self) -> Self:
        """Begin to look; does not wait for the store."""
        self._task = asyncio.create_task(self._run(), name=f"corvo-{type(self).__name__.lower()}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        if self._task is not None:
            await end_task(self._task)

    async def _run(self) -> None:
        while True:
            await self._clock.sleep(self._period)
            try:
                await self.look()
            except PermissionRefused as error:
                if not self._refused:
                    _log.warning("%s: %s", self._stays, error)
                self._refused = True
            except CorvoError as error:
                _log.debug("%s until the next look: %s", self._stays, error)
