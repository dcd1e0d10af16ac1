"""An event loop whose clock can be put forward, as if it had been busy for that long."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any


class SteppedLoop(asyncio.SelectorEventLoop):
    """The clock stands still; ``skip`` moves it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    def skip(self, seconds: float) -> None:
        """As a callback that takes ``seconds`` would."""
        self.now += seconds

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        self.run_until_complete(work)


async def turns(count: int = 5) -> None:
    """Let callbacks that are due run."""
    for _ in range(count):
        await asyncio.sleep(0)


@contextmanager
def stepped_loop() -> Iterator[SteppedLoop]:
    """A loop that is closed afterwards."""
    loop = SteppedLoop()
    try:
        yield loop
    finally:
        loop.close()
