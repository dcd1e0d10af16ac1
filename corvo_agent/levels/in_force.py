"""What is in force in this process: the application's filters, each agent's over them, and what all of them come to."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from .level_filter import LevelFilter
from .logger_tree import LOGGING_LOCK, LoggerTree
from .thresholds import Thresholds, merge

_logger = logging.getLogger(__name__)

#: The key of the layer that belongs to the application: the lowest one, whatever comes over it.
APPLICATION = "application"

#: What one layer wants: filters by the name of the logger at whose place they count.
Filters = Mapping[str, LevelFilter]


class LevelListener(Protocol):
    """A logging system beside ``logging`` that follows the same levels, such as loguru's: see ``add_listener``."""

    def apply_levels(self, thresholds: Thresholds) -> None:
        """Follow ``thresholds`` from now on; quick, may be called by any thread, does not raise."""
        ...


class LevelsInForce:
    """Filters in layers, and the loggers and listeners that follow them.

    The application's layer is the lowest. Of the others the one that changed last is the uppermost, and what it says
    of a logger counts; taking it away shows what is below, as if it had never been.

    LOGGING_LOCK guards it against other threads, but not against a signal handler that runs in the middle of a
    change of its own thread. Such a handler only leaves what it wants; the change that it interrupted sees to it.
    """

    def __init__(self) -> None:
        self.tree = LoggerTree()
        # The lowest layer first. Replaced whole, like thresholds: readers need no lock.
        self.layers: Mapping[object, Filters] = {APPLICATION: {}}
        self.thresholds = Thresholds({})
        self.listeners: tuple[LevelListener, ...] = ()
        # The layers that the loggers are at, and whether they are being brought somewhere else.
        self._settled: Mapping[object, Filters] | None = self.layers
        self._settling = False

    def filters(self, layer: object = APPLICATION) -> Filters:
        """What ``layer`` wants now."""
        return self.layers.get(layer, MappingProxyType({}))

    def replace(self, layer: object, logger: str, new: LevelFilter | None) -> LevelFilter | None:
        """Put ``new`` (None: nothing) in force for ``logger`` in ``layer``; what was there before."""
        with LOGGING_LOCK:
            filters = self.filters(layer)
            old = filters.get(logger)
            # Putting the same in force again must cost nothing: watchers and timers do it all the time.
            if old == new:
                return old
            wanted = {name: item for name, item in filters.items() if name != logger}
            if new is not None:
                wanted[logger] = new
            others = {key: item for key, item in self.layers.items() if key != layer}
            if layer == APPLICATION:
                self.layers = {APPLICATION: wanted, **others}
            else:
                self.layers = {**others, layer: wanted} if wanted else others
            self._settle()
        self.tell()
        return old

    def refresh(self) -> bool:
        """Bring the loggers back to where they have to be; whether they had left it."""
        with LOGGING_LOCK:
            # Also what an owner said since of a library that is held back.
            drifted = self.tree.drifted(self.thresholds) or self._all_of(self.layers) != self.thresholds
            if drifted:
                # Settled means that nothing has to be done: it has to be forgotten to apply the same again.
                self._settled = None
                self._settle()
        self.tell()
        return drifted

    def _settle(self) -> None:
        while self._settled is not self.layers and not self._settling:
            self._settling = True
            try:
                layers = self.layers
                self.thresholds = self._all_of(layers)
                self.tree.apply(self.thresholds)
                self._settled = layers
            finally:
                self._settling = False

    def _all_of(self, layers: Mapping[object, Filters]) -> Thresholds:
        result = Thresholds({})
        for filters in layers.values():
            layer = merge(filters[name].thresholds_for(name) for name in sorted(filters))
            result = layer.over(result, self.tree.own_level(logging.root))
        return result.with_louder(self.tree.own_levels()) if result.own_only else result

    def tell(self) -> None:
        """Bring every listener to ``thresholds``.

        Outside LOGGING_LOCK, because listeners take locks of their own whose holders may log. Instead, the thread that
        applied something looks whether it is still what holds: the last to apply always leaves the newest behind.
        """
        for listener in self.listeners:
            applied: Thresholds | None = None
            while applied is not self.thresholds:
                applied = self.thresholds
                try:
                    listener.apply_levels(applied)
                except Exception:
                    # One that breaks its promise must not keep the others from following.
                    _logger.exception("a listener of level changes failed: %r", listener)


#: There is one ``logging`` in a process, hence one of these.
IN_FORCE = LevelsInForce()
