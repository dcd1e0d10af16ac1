"""Modules from the services of systemd on this machine: one for each unit that matches, followed by its signals.

A unit counts as long as there is something to start: loaded, or a unit file alone. A service that is stopped, restarted
or failed therefore keeps its Module, with whatever people have set in it; a unit that is removed takes it along, and so
does an instance of a template that was stopped and forgotten.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from typing import Any

from .source import Complete, Gone, Present, SourceEvent
from .systemd_bus import SystemdBus, UnitChanged, UnitsChanged
from .units import Unit, name_matcher, service_patterns

#: Unit files that cannot be started under their own name.
_NO_UNITS = ("masked", "masked-runtime", "alias", "bad")
#: Seconds between two looks at all units, in case that a signal was lost.
RESYNC = 300.0
#: Seconds in which units that come and go together are collected.
_COLLECT = 0.2


class SystemdSource:
    """Follows the services whose names match ``patterns``, as the modules of ``node``.

    ``address`` is the bus that systemd is on, the system's unless given. Raises ConfigError for a bad pattern.
    """

    def __init__(self, patterns: Iterable[str], *, node: str, address: str = "", resync: float = RESYNC) -> None:
        self._patterns = service_patterns(patterns)
        self._node = node
        self._address = address
        self._resync = resync
        #: Each machine knows its own services only, and must not remove those of another one.
        self.name = f"systemd.{node}"

    async def events(self) -> AsyncGenerator[SourceEvent]:
        """See ModuleSource. Raises ConfigError, Unavailable, PermissionRefused, RemoteError."""
        units = _Units(self._patterns, self._node)
        async with SystemdBus(self._address, units.hear) as bus:
            while True:
                await units.survey(bus)
                for event in units.everything():
                    yield event
                yield Complete()
                due = asyncio.get_running_loop().time() + self._resync
                while not units.stale and await units.moved(bus, due):
                    for event in units.changes():
                        yield event
                if units.stale:
                    await asyncio.sleep(_COLLECT)


class _Units:
    """The units that match, and what has become of them since the last look."""

    def __init__(self, patterns: tuple[str, ...], node: str) -> None:
        self._patterns = patterns
        self._matches = name_matcher(patterns)
        self._node = node
        self._units: dict[str, Unit] = {}
        self._paths: dict[str, Unit] = {}
        self._changed: dict[str, Unit] = {}
        self._told: dict[str, Present] = {}
        self._gone: set[str] = set()
        self._signal = asyncio.Event()
        #: A unit came or went: only a new look says what there is now.
        self.stale = False

    def hear(self, signal: UnitChanged | UnitsChanged) -> None:
        """What the bus says."""
        if isinstance(signal, UnitsChanged):
            if not signal.name or self._matches(signal.name):
                self.stale = True
                self._signal.set()
        elif unit := self._paths.get(signal.path):
            unit.learn(signal.facts)
            self._changed[unit.name] = unit
            self._signal.set()

    async def moved(self, bus: SystemdBus, due: float) -> bool:
        """Wait for a signal; False when none came until the loop's time ``due``. Raises Unavailable when lost."""
        waiting = asyncio.ensure_future(self._signal.wait())
        ends: tuple[asyncio.Future[Any], ...] = (waiting, bus.lost)
        try:
            patience = max(0.0, due - asyncio.get_running_loop().time())
            await asyncio.wait(ends, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if bus.lost.done():
            bus.lost.result()
        heard = self._signal.is_set()
        self._signal.clear()
        return heard

    async def survey(self, bus: SystemdBus) -> None:
        """Look at all units."""
        self.stale = False
        self._signal.clear()
        listed = {
            unit.name: unit
            for unit in await bus.list_units(self._patterns)
            if unit.load_state == "loaded" or unit.active_state != "inactive"
        }
        files = [
            name
            for name, state in await bus.list_unit_files(self._patterns)
            if "@." not in name and state not in _NO_UNITS
        ]
        names = {*files, *listed}
        self._gone |= self._units.keys() - names
        self._units = {name: self._units.get(name) or Unit(name) for name in sorted(names)}
        for name, unit in self._units.items():
            unit.path = listed[name].path if name in listed else ""
        self._paths = {unit.path: unit for unit in self._units.values() if unit.path}
        self._changed.clear()
        for path, facts in (await bus.facts(self._paths)).items():
            unit = self._paths[path]
            # What a signal said while the answers were under way is newer than they are.
            if unit.name not in self._changed:
                unit.learn(facts)

    def everything(self) -> Iterator[SourceEvent]:
        """All that there is, and what is no more."""
        self._changed.clear()
        yield from (Gone(Unit(name).present(self._node).name) for name in sorted(self._gone))
        self._gone.clear()
        self._told = {name: unit.present(self._node) for name, unit in self._units.items()}
        yield from self._told.values()

    def changes(self) -> Iterator[SourceEvent]:
        """What signals have changed; many change nothing that matters here."""
        changed, self._changed = self._changed, {}
        for name, unit in changed.items():
            present = unit.present(self._node)
            if self._told.get(name) != present:
                self._told[name] = present
                yield present
