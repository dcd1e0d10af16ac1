"""Module objects in a key-value store: what may be done to them, and what every write keeps true."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import AlreadyExists, DecodeError, InvalidArgument, NotFound, VersionConflict
from ..levels.level import Level
from .compare_and_swap import ATTEMPTS, compare_and_swap
from .decimal_text import natural
from .json.codec import encode_module, read_module
from .kv import ClockDifference, HasClock, HasCredentials, KeyRange, KeyValue, KeyValueStore
from .model import Module
from .names import BESIDE_PREFIX, MODULES_PREFIX, key_of
from .watching.batches import WatchBatch
from .watching.watch import Watch

# Decoding this many values takes a few milliseconds; then the loop gets its turn.
_DECODED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class ModuleList:
    """Every Module at ``revision``, by name, those that are invalid included."""

    modules: tuple[Module, ...]
    revision: int


class ModuleStore:
    """The Modules in ``kv``.

    Entering and leaving it enters and leaves ``kv``. Every call raises what ``kv`` raises (Unavailable and its
    kind), and may be cancelled at any time; a write that was cancelled may or may not have happened.
    """

    def __init__(self, kv: KeyValueStore, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self.kv = kv
        self.clock = clock

    @classmethod
    def of(cls, store: KeyValueStore | ModuleStore, *, clock: Clock = SYSTEM_CLOCK) -> ModuleStore:
        """``store`` itself when it holds Modules already, else the Modules in it.

        Raises InvalidArgument for anything else: every call would fail, and be tried again, for ever.
        """
        if isinstance(store, ModuleStore):
            return store
        # The class of a store has the same methods, but is not one.
        if isinstance(store, type) or not isinstance(store, KeyValueStore):
            raise InvalidArgument("store", store, "must be a KeyValueStore, such as EtcdStore, or a ModuleStore")
        return cls(store, clock=clock)

    async def __aenter__(self) -> Self:
        """Make it ready; does not wait for the store."""
        await self.kv.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the key-value store."""
        await self.kv.__aexit__(kind, error, trace)

    async def reload_credentials(self) -> None:
        """Read certificates and passwords of the key-value store now, if it has any. Raises ConfigError."""
        if isinstance(self.kv, HasCredentials):
            await self.kv.reload_credentials()

    def clock_difference(self) -> ClockDifference | None:
        """How far the clock of the key-value store is from ours; None where it has none, or that is not known."""
        return self.kv.clock_difference() if isinstance(self.kv, HasClock) else None

    async def get(self, name: str) -> Module:
        """The Module ``name``, which may be ``invalid``. Raises NotFound, also for a name that none can have."""
        try:
            key = key_of(name)
        except InvalidArgument:
            raise NotFound("module", name) from None
        item = await self.kv.get(key)
        if item is None:
            raise NotFound("module", name)
        return _read(item)

    async def list(self) -> ModuleList:
        """All Modules at one moment."""
        found = await self.kv.range(MODULES_PREFIX)
        modules: list[Module] = []
        for index, item in enumerate(found.items):
            # Thousands of Modules take long to decode: other tasks get their turn in between.
            if index % _DECODED_AT_ONCE == 0:
                await asyncio.sleep(0)
            modules.append(_read(item))
        return ModuleList(tuple(modules), found.revision)

    async def create(self, module: Module) -> Module:
        """Store a new Module; the stored one, with generation "1", a new uuid, and its times.

        Raises InvalidArgument for a bad name or a bad field, AlreadyExists.
        """
        now = self.clock.time_ns()
        created = module.with_meta(
            generation_id="1", uuid=str(uuid.uuid4()), creation_time=now, mod_time=now, self_link=key_of(module.name)
        )
        try:
            revision = await self.kv.create(key_of(module.name), encode_module(created))
        except AlreadyExists:
            raise AlreadyExists("module", module.name) from None
        return created.with_meta(resource_version=str(revision))

    async def update(self, module: Module, expected: int | None = None) -> Module:
        """Store ``module`` in place of the one of its name; the stored one, with a new mod-time.

        With ``expected`` only if the one in the store is at that revision. Everything else is stored as given:
        ``modify`` is what keeps the generation. Raises InvalidArgument, NotFound, VersionConflict.
        """
        key = key_of(module.name)
        changed = replace(module.with_meta(mod_time=self.clock.time_ns(), self_link=key), incomplete=False)
        try:
            value = encode_module(changed)
            revision = await self.kv.update(key, value, expected=expected)
        except NotFound:
            raise NotFound("module", module.name) from None
        except VersionConflict as conflict:
            raise VersionConflict(f"module {module.name}", conflict.expected, conflict.actual) from None
        # What was invalid may be so no longer.
        return (
            read_module(value, key, revision) if changed.invalid else changed.with_meta(resource_version=str(revision))
        )

    async def modify(
        self, name: str, change: Callable[[Module], Module], *, attempts: int = ATTEMPTS, mend: bool = False
    ) -> Module:
        """Read the Module, let ``change`` make another one of it, and store that unless another client was faster.

        Then it is read again, and so on, ``attempts`` times, waiting a little longer each time. The generation
        grows by one when spec or labels differ, unless ``change`` has set it; nothing is written when nothing
        differs, unless what is stored is incomplete. The Module as it is stored then. Values that cannot be
        read stay as they are until ``change`` sets their fields. A value of which nothing can be read is
        written over only with ``mend``, for a person who wants that, and is a DecodeError without. Raises also
        NotFound, InvalidArgument, VersionConflict after the last attempt, and whatever ``change`` raises.
        """

        async def write(old: Module) -> Module:
            if old.invalid and not old.unread and not mend:
                raise DecodeError(f"{key_of(name)} at revision {old.revision}", old.invalid)
            new = _next_generation(old, change(old))
            # Raw parts take no part in comparisons, but are written all the same.
            if new == old and new.raw == old.raw and not old.incomplete:
                return old
            return await self.update(new, expected=old.revision)

        return await compare_and_swap(lambda: self.get(name), write, attempts=attempts, clock=self.clock)

    async def delete(self, name: str, expected: int | None = None) -> Module:
        """Delete the Module, at revision ``expected`` if given; what it was.

        A value that cannot be read is deleted all the same and comes back as far as it could be. Raises NotFound,
        VersionConflict.
        """
        try:
            item = await self.kv.delete(key_of(name), expected=expected)
        except (NotFound, InvalidArgument):
            raise NotFound("module", name) from None
        except VersionConflict as conflict:
            raise VersionConflict(f"module {name}", conflict.expected, conflict.actual) from None
        return _read(item)

    async def set_level(self, name: str, level: str) -> Module:
        """Write ``level``, as it is spelt, to ``spec.log-level``. Raises InvalidArgument, NotFound and so on."""
        Level.parse(level, "spec.log-level")
        return await self.modify(name, lambda module: module.with_spec(log_level=level))

    def watch(
        self,
        name: str = "",
        *,
        beside: bool = False,
        check_interval: float = 10.0,
        at_once: Callable[[WatchBatch], bool] | None = None,
    ) -> Watch:
        """A watch, not yet entered, of the Module ``name``, or of all of them. Raises InvalidArgument.

        With ``beside`` it also tells what lies beside that one Module, by the same stream. Its changes hold undecoded
        items: ``decode_module`` is what reads those of Modules. ``at_once`` as in ``Watch``.
        """
        key = key_of(name) if name else MODULES_PREFIX
        also = [KeyRange(f"{BESIDE_PREFIX}{name}/")] if beside else []
        return Watch(
            self.kv,
            key,
            exact=bool(name),
            also=also,
            check_interval=check_interval,
            clock=self.clock,
            at_once=at_once,
        )


def _read(item: KeyValue) -> Module:
    return read_module(item.value, item.key, item.mod_revision)


def _next_generation(old: Module, new: Module) -> Module:
    if new.meta.generation_id != old.meta.generation_id:
        return new
    if new.spec == old.spec and new.meta.labels == old.meta.labels:
        return new
    return new.with_meta(generation_id=str((natural(old.meta.generation_id) or 0) + 1))
