"""How long to wait before trying again: exponential, bounded, jittered."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """Waiting times for one thing that is tried again and again.

    Each ``next()`` doubles the ceiling from ``initial`` to ``maximum`` seconds and draws a time between half the
    ceiling and the ceiling, so that a thousand agents do not come back in the same instant. ``reset()`` after
    success. ``draw`` gives numbers in [0, 1).
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
        """The thing worked: start from ``initial`` again."""
        self._ceiling = self._initial
