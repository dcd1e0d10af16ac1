"""How long to wait before trying again: exponential, bounded, jittered."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """Waiting times between the tries of one operation: exponential backoff with jitter.

    Each ``next()`` doubles the ceiling from ``initial`` to ``maximum`` seconds and draws a time between half the
    ceiling and the ceiling, so that a thousand agents do not reconnect in the same instant. Call ``reset()`` after
    success. ``draw`` gives random numbers in [0, 1). It waits for nothing itself and belongs to one task.
    """

    def __init__(
        self, initial: float = 0.1, maximum: float = 5.0, *, draw: Callable[[], float] = random.random
    ) -> None:
        self._initial = initial
        self._maximum = maximum
        self._draw = draw
        self._ceiling = initial

    def next(self) -> float:
        """Seconds to wait now."""
        ceiling = self._ceiling
        self._ceiling = min(self._maximum, ceiling * 2)
        return ceiling * (0.5 + self._draw() / 2)

    def reset(self) -> None:
        """Start from ``initial`` again: the operation succeeded."""
        self._ceiling = self._initial
