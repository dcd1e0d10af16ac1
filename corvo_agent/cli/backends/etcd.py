"""Module objects in etcd, and their agents where etcd says that they answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from ...clock import SYSTEM_CLOCK
from ...diagnostics.client.payload_client import PayloadClient
from ...diagnostics.client.peer_kind import PeerKind, peer_kind
from ...errors import NotFound, PreconditionFailed
from ...modules.access import EVERY_MODULE, ModuleAccess, ModuleEvent, Selector
from ...modules.announcing.endpoint import find_endpoint
from ...modules.controls.control import Control
from ...modules.controls.store import ControlStore
from ...modules.history.store import HistoryStore
from ...modules.history.value import History
from ...modules.json.codec import read_module
from ...modules.kv import Change, KeyValue
from ...modules.location import agent_address, is_behind_proxy
from ...modules.model import Module, ObjectMeta
from ...modules.module_level import ModuleLevel, module_level
from ...modules.names import BESIDE_PREFIX, MODULES_PREFIX, is_name, name_of
from ...modules.selectors.list_options import ListOptions
from ...modules.selectors.selection import Selection
from ...modules.store import ModuleList, ModuleStore
from ...modules.store_clock import StoreClock


class EtcdBackend:
    """Modules of ``store``, which its owner enters and leaves; ``dial`` makes a client of an address and a name."""

    has_modules = True

    def __init__(self, store: ModuleStore, dial: Callable[[str, str], PayloadClient]) -> None:
        self._store = store
        self._dial = dial
        self.modules: ModuleAccess = StoreModules(store)

    async def peer_kind(self, name: str) -> PeerKind:
        """Who answers where the status of the Module says."""
        try:
            if is_behind_proxy(await self._store.get(name), None):
                return PeerKind.ORIGINAL
            async with self.agent(name) as client:
                return await peer_kind(client, name)
        except (NotFound, PreconditionFailed):
            return PeerKind.NONE

    async def measured(self, names: Sequence[str]) -> None:
        """Each agent is asked."""

    @asynccontextmanager
    async def agent(self, name: str) -> AsyncGenerator[PayloadClient]:
        """The agent of ``name``, looked up anew each time: it may have moved."""
        async with self._dial(await locate(self._store, name), name) as client:
            yield client


class StoreModules:
    """The ``ModuleAccess`` of a ``ModuleStore``; selectors mean what they mean to a gateway."""

    def __init__(self, store: ModuleStore) -> None:
        self._store = store
        self._clock = StoreClock(SYSTEM_CLOCK, store)
        self._controls = ControlStore(store.kv, clock=self._clock)
        self._history = HistoryStore(store.kv, clock=self._clock)
        self.get = store.get
        self.create = store.create

    async def list(self, selector: Selector = EVERY_MODULE) -> ModuleList:
        """Those that ``selector`` lets through."""
        selection = _selection(selector)
        found = await self._store.list()
        return ModuleList(tuple(filter(selection.matches, found.modules)), found.revision)

    async def names(self, prefix: str, limit: int) -> Sequence[str]:
        """Names that begin with ``prefix``, without reading the objects."""
        found = await self._store.kv.range(MODULES_PREFIX + prefix, limit=limit, keys_only=True)
        return [name_of(item.key) for item in found.items]

    async def modify(self, name: str, change: Callable[[Module], Module]) -> Module:
        """Compare-and-swap, by a person: what cannot be read is written over."""
        return await self._store.modify(name, change, mend=True)

    async def level(self, name: str) -> ModuleLevel:
        """The Module and what lies beside it."""
        module = await self._store.get(name)
        return module_level(module, (await self._store.kv.range(f"{BESIDE_PREFIX}{name}/")).items)

    async def levels(self, selector: Selector = EVERY_MODULE) -> Sequence[ModuleLevel]:
        """Those that ``selector`` lets through, with what lies beside them."""
        modules = (await self.list(selector)).modules
        beside: dict[str, list[KeyValue]] = {}
        for item in (await self._store.kv.range(BESIDE_PREFIX)).items:
            beside.setdefault(item.key.removeprefix(BESIDE_PREFIX).partition("/")[0], []).append(item)
        return [module_level(module, beside.get(module.name, ())) for module in modules]

    async def history(self, name: str) -> History:
        """What agents and gateways have written of it."""
        if not is_name(name):
            raise NotFound("module", name)
        found = await self._history.read(name)
        if not found:
            await self._store.get(name)
        return found

    async def set_control(self, name: str, control: Control, lasts: int) -> None:
        """Put it beside the Module, if there is one; its end is reckoned by the store's time."""
        await self._store.get(name)
        until = self._clock.time_ns() + lasts if lasts else 0
        await self._controls.put(name, replace(control, until=until))

    async def clear_control(self, name: str, logger: str = "", id: str = "") -> None:
        """Take it away, if there is such a Module."""
        await self._store.get(name)
        await self._controls.clear(name, logger, id)

    async def delete(self, name: str) -> Module:
        """Delete, also what cannot be read, and its controls: a Module of that name would have them again."""
        deleted = await self._store.delete(name)
        await self._controls.clear_all(name)
        return deleted

    async def watch(self, selector: Selector = EVERY_MODULE) -> AsyncGenerator[ModuleEvent, None]:
        """Every change of what ``selector`` lets through."""
        selection = _selection(selector)
        # A watch waits for an etcd that is away; but a person who has just asked wants to know that it is.
        await self._store.kv.range(MODULES_PREFIX, limit=1, keys_only=True)
        async with self._store.watch(selector.name) as watch:
            async for batch in watch:
                for event in map(_event, batch.changes):
                    if event.error is not None or selection.matches(event.module):
                        yield event


async def locate(store: ModuleStore, name: str) -> str:
    """Where the agent of ``name`` answers, see ``agent_address``; ``https://HOST:PORT`` for the proxy of a smart NIC.

    Raises NotFound saying what is missing, and PreconditionFailed.
    """
    endpoint = await find_endpoint(store.kv, name)
    # An agent that has announced itself can be asked also while its Module cannot be read.
    module = Module(ObjectMeta(name=name)) if endpoint else await store.get(name)
    address = agent_address(module, endpoint)
    if address is None:
        raise NotFound("agent of module", name, "it has announced no address: is it running?")
    return f"https://{address}" if is_behind_proxy(module, endpoint) else str(address)


def _selection(selector: Selector) -> Selection:
    options = ListOptions(name=selector.name, label_selector=selector.labels, field_selector=selector.fields)
    return options.selection()


def _event(change: Change) -> ModuleEvent:
    item = change.item
    named = Module(ObjectMeta(name=name_of(change.key), resource_version=str(change.revision)))
    if item is None:
        return ModuleEvent(change.type, named)
    module = read_module(item.value, item.key, item.mod_revision)
    # A deletion has a revision of its own, later than that of what was deleted.
    return ModuleEvent(change.type, module.with_meta(resource_version=str(change.revision)))
