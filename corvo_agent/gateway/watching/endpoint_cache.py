"""What lies beside Modules, kept in memory by one watch: where agents answer, and the controls of levels."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator

import orjson

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import CorvoError, DecodeError
from ...modules.announcing.endpoint import AppliedLevel, Endpoint, decode_endpoint, endpoint_name, find_endpoint
from ...modules.announcing.workers import Process, processes, worker_of
from ...modules.controls.codec import control_of, decode_control
from ...modules.controls.control import Control
from ...modules.kv import Change, ChangeType, KeyValueStore
from ...modules.model import Module, ObjectMeta
from ...modules.module_level import ModuleLevel, beside_to_dict
from ...modules.names import BESIDE_PREFIX
from ...modules.watching.batches import Cause, WatchBatch
from .mirror import WatchedMirror

# Where agents of older versions announce themselves.
_OLD_PREFIX = "/corvo/v1/endpoints/"
_log = logging.getLogger(__name__)

# Seconds that a look into the store itself may take.
_LOOK_UP = 2.0

#: Name of the Module, its control before and after, None for none, and the revision of the change.
SawControl = Callable[[str, Control | None, Control | None, int], object]


class EndpointCache(WatchedMirror):
    """The announced endpoint and the controls of each Module. A value that cannot be decoded counts as none.

    ``saw`` hears of each control that is changed in the store while it is followed, with what it was before.
    """

    def __init__(
        self,
        store: KeyValueStore,
        *,
        check_interval: float = 10.0,
        clock: Clock = SYSTEM_CLOCK,
        saw: SawControl | None = None,
    ) -> None:
        super().__init__(store, BESIDE_PREFIX, check_interval=check_interval, clock=clock)
        self._store = store
        self._saw = saw
        self._endpoints: dict[str, Endpoint] = {}
        self._controls: dict[str, dict[str, Control]] = {}
        self._workers: dict[str, dict[str, Endpoint]] = {}
        # What REST adds to the JSON of a Module, made when it is first asked for.
        self._json: dict[str, bytes] = {}
        self._looked_for_old = False

    def __len__(self) -> int:
        return len(self._endpoints)

    def get(self, name: str) -> Endpoint | None:
        """The endpoint announced for the Module ``name``."""
        return self._endpoints.get(name)

    def level_of(self, module: Module) -> ModuleLevel:
        """``module`` with its controls and the level that its agent has announced."""
        endpoint = self._endpoints.get(module.name)
        applied = None if endpoint is None else endpoint.level or AppliedLevel()
        return ModuleLevel(module, tuple(self._controls.get(module.name, {}).values()), applied)

    def processes_of(self, name: str) -> tuple[Process, ...]:
        """All processes of the Module ``name`` that have announced themselves, or that its agent answers for."""
        return processes(self._endpoints.get(name), self._workers.get(name, {}))

    def controlled(self) -> Iterator[tuple[str, tuple[Control, ...]]]:
        """The names of the Modules that have controls, with these."""
        for name, controls in list(self._controls.items()):
            yield name, tuple(controls.values())

    def json_of(self, name: str) -> bytes:
        """The members that REST adds to the JSON of the Module ``name``, "" for none: a comma before each."""
        if name not in self._endpoints and name not in self._controls:
            # Not kept: of a Module that goes without anything beside it this cache never hears.
            return b""
        known = self._json.get(name)
        if known is None:
            level = self.level_of(Module(ObjectMeta(name=name)))
            shown = beside_to_dict(level.controls, level.applied)
            known = self._json[name] = b"," + orjson.dumps(shown)[1:-1] if shown else b""
        return known

    async def look_up(self, name: str) -> Endpoint | None:
        """The endpoint of the Module ``name`` as the store has it now; what is known of it when the store is away."""
        try:
            async with asyncio.timeout(_LOOK_UP):
                return await find_endpoint(self._store, name)
        except (CorvoError, TimeoutError) as error:
            _log.info("the endpoint of %s is not looked up: %s", name, str(error) or "no answer in time")
            return self.get(name)

    async def _take(self, batch: WatchBatch) -> None:
        await self._warn_of_old_agents()
        changed: dict[str, None] = {}
        for change in batch.changes:
            if (name := endpoint_name(change.key)) is not None:
                self._take_endpoint(name, change)
            elif (found := worker_of(change.key)) is not None:
                self._take_worker(*found, change)
                changed[found[0]] = None
                continue
            elif (found := control_of(change.key)) is not None:
                name = found[0]
                told = batch.cause is not Cause.SNAPSHOT and not batch.replaced
                self._take_control(name, found[1], change, told=told)
            else:
                continue
            self._json.pop(name, None)
            changed[name] = None
        self._tell(changed.keys())

    def _take_endpoint(self, name: str, change: Change) -> None:
        # The last one is not kept: its agent has gone, or it would not have been written over.
        self._endpoints.pop(name, None)
        if change.type is not ChangeType.DELETED and change.item is not None:
            try:
                self._endpoints[name] = decode_endpoint(change.item)
            except DecodeError as error:
                _log.warning("endpoint ignored: %s", error)

    def _take_worker(self, name: str, id: str, change: Change) -> None:
        workers = self._workers.setdefault(name, {})
        workers.pop(id, None)
        if change.type is not ChangeType.DELETED and change.item is not None:
            try:
                workers[id] = decode_endpoint(change.item)
            except DecodeError as error:
                _log.warning("worker ignored: %s", error)
        if not workers:
            del self._workers[name]

    def _take_control(self, name: str, id: str, change: Change, *, told: bool) -> None:
        controls = self._controls.setdefault(name, {})
        before = controls.pop(id, None)
        if change.type is not ChangeType.DELETED and change.item is not None:
            try:
                controls[id] = decode_control(change.item)
            except DecodeError as error:
                _log.warning("control ignored: %s", error)
        after = controls.get(id)
        if not controls:
            del self._controls[name]
        if told and self._saw is not None:
            self._saw(name, before, after, change.revision)

    async def _warn_of_old_agents(self) -> None:
        """Say once that agents of an older version are not found."""
        if self._looked_for_old:
            return
        self._looked_for_old = True
        try:
            async with asyncio.timeout(_LOOK_UP):
                found = await self._store.range(_OLD_PREFIX, limit=1, keys_only=True)
        except (CorvoError, TimeoutError) as error:
            # Who may not read there, has no need to.
            _log.debug("%s is not looked into: %s", _OLD_PREFIX, error)
            return
        for item in found.items:
            _log.warning("%s and what lies beside it is ignored: an older version announces itself there", item.key)
