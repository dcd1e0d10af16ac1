"""The newest lines of several logs in the order of their times, before each of them goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import islice

from ...logs.lines.marker import is_marker
from ...logs.lines.merge import merge
from ...logs.lines.record import Record, size_of
from ..multiplex.kinds import Outlet

#: Seconds for which the first lines of a slow agent are waited for; records that are merged, and bytes of them.
PATIENCE, MAX_MERGED, MAX_BYTES = 2.0, 20_000, 4 << 20
_SLICE = 250


class Opening:
    """Collects the first batch of each log; ``run`` says them, merged, through ``out``."""

    def __init__(self, out: Outlet, patience: float = PATIENCE) -> None:
        self._out = out
        self._patience = patience
        self._held: dict[str, list[Record]] = {}
        self._count = 0
        self._size = 0
        self._expected: set[str] | None = None
        self._over = False
        self._all_there = asyncio.Event()
        self._said = asyncio.Event()

    async def hold(self, name: str, records: list[Record]) -> bool:
        """Keep the first batch of ``name``, and return when it has been said; False at once: it is too late, or too
        much, and has to be said as it is.
        """
        count, size = self._count + len(records), self._size + sum(map(size_of, records))
        if self._over or name in self._held or count > MAX_MERGED or size > MAX_BYTES:
            self.skip(name)
            return False
        self._held[name] = records
        self._count, self._size = count, size
        self._look()
        await self._said.wait()
        return True

    def skip(self, name: str) -> None:
        """Nothing is to be waited for from ``name``."""
        if not self._over:
            self._held.setdefault(name, [])
            self._look()

    async def run(self, expected: Iterable[str]) -> None:
        """Wait for the first batches of ``expected`` for a while, and say what has come."""
        self._expected = set(expected)
        self._look()
        try:
            async with asyncio.timeout(self._patience):
                await self._all_there.wait()
        except TimeoutError:
            pass
        self._over = True
        held, self._held = self._held, {}
        merged = merge({name: held[name] for name in sorted(held)})
        while part := list(islice(merged, _SLICE)):
            await self._out.say_all([line_of(self._out, name, record) for name, record in part])
        self._said.set()

    def _look(self) -> None:
        if self._expected is not None and self._expected <= self._held.keys():
            self._all_there.set()


def line_of(out: Outlet, name: str, record: Record, *, late: bool = False) -> bytes:
    """The line about one record of the Module ``name``; ``late``: one with a later time was said before."""
    more = {"late": True} if late else {}
    return out.line("gap" if is_marker(record) else "log", module=name, log=record, **more)
