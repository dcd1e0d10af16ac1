"""What may be done to Modules through the gateway, for REST and gRPC alike.

Reads come from the cache, writes go to the store by compare-and-swap and are answered when the cache has them too:
a client that writes here reads its own write here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from ...access.audit import Audit, Told
from ...access.caller import current_caller
from ...clock import SYSTEM_CLOCK, Clock
from ...errors import Compacted, DeadlineExceeded, NotFound, PreconditionFailed, RemoteError, Unavailable
from ...modules.compare_and_swap import compare_and_swap
from ...modules.controls.codec import control_to_dict
from ...modules.controls.control import Control
from ...modules.controls.store import ControlStore
from ...modules.history.value import History
from ...modules.json.codec import module_to_dict
from ...modules.json.merge_patch import difference
from ...modules.model import Module
from ...modules.module_level import ModuleLevel, module_level
from ...modules.names import BESIDE_PREFIX, MODULES_PREFIX, is_name
from ...modules.selectors.labels import parse_label_selector
from ...modules.selectors.list_options import ListOptions
from ...modules.store import ModuleStore
from ...modules.store_clock import StoreClock
from ..cooperative_yield import in_slices
from ..watching.cached_module import CachedModule
from ..watching.endpoint_cache import EndpointCache
from ..watching.mirror import WatchedMirror
from ..watching.module_cache import ModuleCache
from ..watching.subscription import Subscription
from ..watching.watch_hub import WatchHub
from . import edits as objects
from .changes import Changes
from .paging import page, sort_entries
from .precondition import UNCONDITIONAL, Precondition

_log = logging.getLogger(__name__)

#: Seconds that a write waits for the cache to follow.
_CATCH_UP = 2.0


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list; ``total`` counts all pages, ``items`` is None where the contract says null."""

    items: Sequence[CachedModule] | None
    total: int


class ModuleApi:
    """Modules of ``store``, read through ``cache`` and watched through ``hub``; what lies beside them is in ``beside``.

    A read raises Unavailable while the cache is older than ``max_staleness`` seconds; ``sync_timeout`` is how long
    the first read waits for the first state. Writes raise Unavailable when the store does not answer; a write that
    was cancelled may or may not have happened. A ``condition`` is checked against what is stored in the moment of the
    write.
    """

    def __init__(
        self,
        store: ModuleStore,
        cache: ModuleCache,
        hub: WatchHub,
        beside: EndpointCache,
        *,
        max_staleness: float = 300.0,
        sync_timeout: float = 5.0,
        clock: Clock = SYSTEM_CLOCK,
        audit: Audit | None = None,
        changes: Changes | None = None,
    ) -> None:
        self._audit = audit or Audit(clock=clock)
        self._store = store
        self.cache = cache
        self._hub = hub
        self._beside = beside
        # The end of a control is reckoned by the clock that all share.
        self.clock = StoreClock(clock, store)
        self._controls = ControlStore(store.kv, clock=self.clock)
        self._changes = changes or Changes(store, self.clock, "")
        self.max_staleness = max_staleness
        self._sync_timeout = sync_timeout
        self._clock = clock

    async def ready(self) -> None:
        """Wait for the first state; raises Unavailable when there is none or it is too old to be shown."""
        await self.cache.wait_synced(self._sync_timeout)
        staleness = self.cache.staleness()
        if staleness > self.max_staleness:
            raise Unavailable("the store", f"what is known of it is {staleness:.0f} s old")

    async def now(self) -> int:
        """The wall time that all share, in nanoseconds; raises Unavailable before the store has told it."""
        await self.cache.wait_synced(self._sync_timeout)
        return self.clock.time_ns()

    async def get(self, name: str, *, consistent: bool = False) -> CachedModule:
        """The Module; from the store itself if ``consistent``. Raises NotFound."""
        if consistent:
            return CachedModule(await self._read(name))
        await self.ready()
        entry = self.cache.get(name)
        if entry is None:
            raise NotFound("module", name)
        _permit(entry.module)
        return entry

    def beside_of(self, module: Module) -> ModuleLevel:
        """``module`` with what lies beside it, as it is known."""
        return self._beside.level_of(module)

    def json_parts(self, entry: CachedModule) -> list[bytes]:
        """The Module and what lies beside it, as REST shows it, in pieces."""
        beside = self._beside.json_of(entry.module.name)
        return [entry.json[:-1], beside, b"}"] if beside else [entry.json]

    async def list(self, options: ListOptions, *, consistent: bool = False) -> Listing:
        """Those that ``options`` select, in their order and page. Raises InvalidArgument and DecodeError."""
        options = permitted(options)
        selection, version = options.selection(), options.version()
        if consistent:
            entries: Sequence[CachedModule] = [CachedModule(module) for module in (await self._store.list()).modules]
        else:
            await self.ready()
            entries = self.cache.entries()
        found: list[CachedModule] = []
        async for part in in_slices(entries):
            found += [entry for entry in part if entry.module.revision >= version and selection.matches(entry.module)]
        items = page(sort_entries(found, options.sort_order), options.start, options.max_results)
        return Listing(items or None, len(found))

    async def watch(self, options: ListOptions) -> Subscription:
        """A new watcher; hand it to ``unwatch``.

        Raises InvalidArgument, ResourceExhausted, and Compacted for a start that is gone or that the store has not
        reached: after a restore its revisions are lower than those that watchers know.
        """
        options = permitted(options)
        await self.ready()
        await self._check_start(options.version())
        # In one step with the entries: no change may come between what exists and what is told from now on.
        return self._hub.subscribe(options, self.cache)

    async def _check_start(self, version: int) -> None:
        # The revision after the last one is what a watcher asks for that has seen everything.
        if version <= self.cache.revision + 1:
            return
        # This cache may lag behind that of another gateway, where the watcher has been before.
        at_store = (await self._store.kv.range(MODULES_PREFIX, limit=1, keys_only=True)).revision
        if version > at_store + 1:
            raise Compacted(version)

    def told_all(self, subscription: Subscription) -> bool:
        """Whether a watcher has been handed all that it wants, up to the revision of the cache."""
        return not subscription.waiting and not subscription.initial_left and self._hub.is_idle(subscription)

    def unwatch(self, subscription: Subscription) -> None:
        """End a watcher."""
        self._hub.unsubscribe(subscription)

    async def create(self, given: Module) -> CachedModule:
        """Store a new Module that has passed the checks. Raises AlreadyExists."""
        with self._audit.told("create", given.name, change=module_to_dict(given)["spec"]):
            _permit(given)
            created = await self._store.create(Module(given.meta, given.spec, given.status))
            self._changes.written(None, created)
            return await self._written(created)

    async def delete(self, name: str, version: str = "", *, condition: Precondition = UNCONDITIONAL) -> CachedModule:
        """Delete the Module, at ``version`` if given; what it was. Raises NotFound, VersionConflict."""

        async def read() -> int | None:
            # What was looked at, its labels or its version, has to be what is deleted.
            if not (version or condition or current_caller().selector):
                return None
            current = await self._read(name)
            objects.check_version(current, version)
            condition.check(current)
            return current.revision

        after = self._next_revision()
        with self._audit.told("delete", name):
            last = await compare_and_swap(read, lambda at: self._store.delete(name, at), clock=self._clock)
            self._changes.deleted(last, after)
            # Else they would hold again for a Module of that name that its agent writes anew.
            await self._controls.clear_all(name)
        # It may have been created again since: then the cache holds a younger one.
        await self._settled(lambda: _is_gone(self.cache.get(name), last))
        return CachedModule(last)

    async def put(self, name: str, given: Module, *, condition: Precondition = UNCONDITIONAL) -> CachedModule:
        """A person's update; compares ``given``'s version unless it has none. Raises NotFound, VersionConflict."""
        version = given.meta.resource_version
        return await self._modify(
            name, version, lambda old: objects.spec_replaced(old, given, now=self._now()), condition
        )

    async def patch(
        self, name: str, patch: Mapping[str, Any], version: str, *, condition: Precondition = UNCONDITIONAL
    ) -> CachedModule:
        """A person's merge patch. Raises NotFound, VersionConflict, DecodeError, ValidationFailed."""
        return await self._modify(name, version, lambda old: objects.patched(old, patch, now=self._now()), condition)

    async def label(
        self, name: str, labels: Mapping[str, str], version: str = "", *, condition: Precondition = UNCONDITIONAL
    ) -> CachedModule:
        """Replace the labels. Raises NotFound, VersionConflict."""
        return await self._modify(name, version, lambda old: objects.labelled(old, labels, now=self._now()), condition)

    async def level(self, name: str, *, consistent: bool = False) -> ModuleLevel:
        """The Module with its controls and what its agent has applied; from the store itself if ``consistent``.

        Raises NotFound.
        """
        module = (await self.get(name, consistent=consistent)).module
        if not consistent:
            return self._beside.level_of(module)
        return module_level(module, (await self._store.kv.range(f"{BESIDE_PREFIX}{name}/")).items)

    async def set_level(self, name: str, level: str, *, condition: Precondition = UNCONDITIONAL) -> CachedModule:
        """Make ``level`` the lasting one: what was put over it for a time ends. Raises NotFound, VersionConflict."""

        def kept(old: Module) -> Module:
            announced = self._beside.get(name) is not None
            return objects.level_set(old, level, announced=announced, now=self._now())

        entry = await self._modify(name, "", kept, condition)
        await self._clear_control(entry.module, "")
        return entry

    async def set_control(
        self, name: str, control: Control, *, condition: Precondition = UNCONDITIONAL
    ) -> CachedModule:
        """Put ``control`` over the level of the Module, which ``condition`` is about; the Module.

        Raises NotFound, VersionConflict, PreconditionFailed for a Module that is invalid, whose agent follows nothing,
        ResourceExhausted for too many controls.
        """
        with self._audit.told("level", name, control=control_to_dict(control)):
            module = await self._read(name)
            condition.check(module)
            if module.invalid:
                raise PreconditionFailed(f"module [{name}] is invalid: {module.invalid}; mend its log-level first")
            before = self._beside.level_of(module)
            put = await self._controls.put(name, control)
            self._changes.put_over(before, put)
        await self._settled(lambda: self._beside.revision >= put.revision, self._beside)
        return CachedModule(module)

    async def clear_control(
        self, name: str, logger: str = "", id: str = "", *, condition: Precondition = UNCONDITIONAL
    ) -> CachedModule:
        """End the controls of ``logger``, "" being the whole process, or only ``id``; the Module.

        Raises NotFound, VersionConflict, InvalidArgument.
        """
        with self._audit.told("level ended", name, logger=logger):
            module = await self._read(name)
            condition.check(module)
            await self._clear_control(module, logger, id)
        return CachedModule(module)

    async def _clear_control(self, module: Module, logger: str, id: str = "") -> None:
        before, after = self._beside.level_of(module), self._next_revision()
        self._changes.ended(before, await self._controls.clear(module.name, logger, id), after)

        def is_meant(control: Control) -> bool:
            return control.id == id if id else control.logger == logger

        await self._settled(lambda: not any(map(is_meant, self._beside.level_of(module).controls)), self._beside)

    async def history(self, name: str) -> History:
        """The last changes of the Module, the newest first; also of one that is deleted. Raises NotFound."""
        try:
            await self.get(name)
        except NotFound:
            # Whose it was is not known any more.
            if current_caller().selector:
                raise
            if is_name(name) and (found := await self._changes.read(name)):
                return found
            raise
        return await self._changes.read(name)

    async def replace(self, name: str, given: Module) -> CachedModule:
        """A controller's update. Raises NotFound, VersionConflict."""
        version = given.meta.resource_version
        return await self._modify(name, version, lambda old: objects.all_replaced(old, given, now=self._now()))

    async def put_status(self, name: str, given: Module) -> CachedModule:
        """An agent's update. Raises NotFound, and RemoteError for an object of which nothing can be read."""

        def change(old: Module) -> Module:
            if old.invalid and not old.unread:
                # What it was meant to be only a person can say.
                raise RemoteError("the store", "DATA_LOSS", f"module {name} is invalid: {old.invalid}")
            return objects.status_replaced(old, given, now=self._now())

        return await self._modify(name, "", change, audited=False)

    async def _modify(
        self,
        name: str,
        version: str,
        change: Callable[[Module], Module],
        condition: Precondition = UNCONDITIONAL,
        *,
        audited: bool = True,
    ) -> CachedModule:
        with self._audit.told("change", name) if audited else nullcontext(Told()) as told:
            return await self._modify_told(name, version, change, condition, told)

    async def _modify_told(
        self, name: str, version: str, change: Callable[[Module], Module], condition: Precondition, told: Told
    ) -> CachedModule:
        async def read() -> Module:
            current = await self._read(name)
            objects.check_version(current, version)
            condition.check(current)
            return current

        async def write(current: Module) -> Module:
            changed = change(current)
            # No one may take a Module out of its own reach into that of others.
            _permit(changed)
            told.more["change"] = difference(module_to_dict(current), module_to_dict(changed))
            updated = await self._store.update(changed, expected=current.revision)
            self._changes.written(current, updated)
            return updated

        # With a version of the caller's the look after a conflict refuses it; without one, it is tried again.
        return await self._written(await compare_and_swap(read, write, clock=self._clock))

    async def _read(self, name: str) -> Module:
        module = await self._store.get(name)
        _permit(module)
        return module

    async def _written(self, module: Module) -> CachedModule:
        await self._settled(lambda: self.cache.revision >= module.revision)
        return CachedModule(module)

    def _next_revision(self) -> int:
        """What is written from now on has this revision or a later one."""
        return max(self.cache.revision, self._beside.revision) + 1

    async def _settled(self, condition: Callable[[], bool], mirror: WatchedMirror | None = None) -> None:
        # Not by its truth: a mirror that holds nothing has none.
        mirror = self.cache if mirror is None else mirror
        try:
            await mirror.wait_until(condition, "the write did not come back", _CATCH_UP)
        except DeadlineExceeded:
            # It is stored: a cache that lags is no reason to tell the caller that the write failed.
            _log.warning("a write is stored but has not come back within %g s", _CATCH_UP)

    def _now(self) -> int:
        return self._clock.time_ns()


def _permit(module: Module) -> None:
    """Pass when the caller may look at and change ``module`` by its selector; raises NotAuthorized."""
    current_caller().require_module(module.meta.labels)


def permitted(options: ListOptions) -> ListOptions:
    """``options`` within the selector of the caller. Raises InvalidArgument for a selector of the options' own."""
    caller = current_caller()
    if not caller.selector:
        return options
    # By itself: put together with another one it might read as a part of that.
    parse_label_selector(options.label_selector)
    return replace(options, label_selector=caller.limited(options.label_selector))


def _is_gone(entry: CachedModule | None, last: Module) -> bool:
    return entry is None or entry.module.revision > last.revision
