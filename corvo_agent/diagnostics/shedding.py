"""Load that is put off while the process takes more than it may: the costly and lasting first, Stats never."""

from __future__ import annotations

import enum

from ..errors import ResourceExhausted


class Stage(enum.IntEnum):
    """What is refused: nothing, profiles and followed logs, or all but Stats and what is asked of no agent."""

    NOTHING = 0
    LASTING = 1
    ALMOST_ALL = 2


class Shedding:
    """Which load is refused now, and why. Whoever watches the process sets it; what answers asks ``check``."""

    def __init__(self) -> None:
        self.stage = Stage.NOTHING
        self._what = ""
        self._limit = self._actual = 0
        #: How much was refused since the start.
        self.refused = 0

    def begin(self, stage: Stage, what: str, limit: int, actual: int) -> None:
        """Refuse by ``stage`` from now on: the process takes ``actual`` of ``what``, more than ``limit``."""
        self.stage, self._what, self._limit, self._actual = stage, what, limit, actual

    def end(self) -> None:
        """Refuse nothing any more."""
        self.stage = Stage.NOTHING

    def check(self, query: str, *, follows: bool = False) -> None:
        """Pass a query that is to be answered; raises ResourceExhausted, which says what is too much."""
        kind = query.strip().casefold()
        needed = Stage.LASTING if follows or kind == "profile" else Stage.ALMOST_ALL
        if self.stage < needed or (kind == "stats" and not follows):
            return
        self.refused += 1
        raise ResourceExhausted(f"{self._what} (shedding load, ask again later)", self._limit, self._actual)

    def as_json(self) -> dict[str, object]:
        """For Stats."""
        found: dict[str, object] = {"Stage": self.stage.name.lower().replace("_", "-"), "Refused": self.refused}
        if self.stage:
            found["Reason"] = f"{self._what}: {self._actual}, at most {self._limit}"
        return found
