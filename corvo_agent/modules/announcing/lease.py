"""Announcing where an agent answers, under a lease, so that a dead agent's address goes with it."""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Self

from ...backoff import Backoff
from ...clock import SYSTEM_CLOCK, Clock
from ...errors import AlreadyExists, CorvoError, DecodeError, NotFound, VersionConflict
from ..kv import Change, ChangeType, KeyValue, KeyValueStore
from ..vouching import Vouching
from .endpoint import AppliedLevel, Endpoint, Worker, decode_endpoint, encode_endpoint, endpoint_key
from .workers import worker_key

_log = logging.getLogger(__name__)

#: Seconds after which the endpoint of an agent that fell silent is gone.
ENDPOINT_TTL = 15.0
# The part of its time after which a lease is renewed: with 4 s for the answer there is time for another try.
_RENEWAL = 0.4
# Seconds between two writes at least, however often the level changes.
_PACE = 1.0
#: Seconds that taking the endpoint away may take.
CLOSE_TIMEOUT = 2.0


class EndpointState(enum.Enum):
    """How far the announcement of an address has come."""

    #: The store has not taken it yet, or has lost it.
    PENDING = "pending"
    #: It stands.
    ANNOUNCED = "announced"
    #: A process that started later has announced itself under the same name.
    SUPERSEDED = "superseded"


class EndpointLease:
    """Keeps ``endpoint`` announced for the Module ``name`` while it is entered.

    With ``worker``, an id, it is that process of the Module that is announced, beside the others (``worker_key``).

    ``find_address`` is asked for its address before each announcement, where that depends on how the network is then;
    what it raises is told as what the store raises.

    The lease never raises once it is made: whatever the store does, it tries again, and ``state`` tells how it stands.
    A lease that expired and a store that lost its data are noticed when the lease is renewed, every ``ttl`` * 0.4
    seconds. A key that another client deleted or wrote over is noticed then, too, where that was the only write for a
    minute; in a store that is written to all the time within a little more than that. Whoever watches the key tells
    ``heard``, and has it looked at within a second.

    Two agents of one name: the process that started later has the name, because in a restart the old one is about to
    go. The older one says so once, in a warning, waits, and announces itself again when the younger one is gone;
    while it waits it is announced as ``pid-NUMBER`` among the workers of the Module.
    """

    def __init__(
        self,
        store: KeyValueStore,
        name: str,
        endpoint: Endpoint,
        *,
        worker: str = "",
        find_address: Callable[[], Awaitable[str]] | None = None,
        ttl: float = ENDPOINT_TTL,
        close_timeout: float = CLOSE_TIMEOUT,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.endpoint = endpoint
        self._find_address = find_address
        self._store = store
        self._key = worker_key(name, worker) if worker else endpoint_key(name)
        # Where it is announced while another process has the name; "" for one that has a place of its own.
        self._beside = "" if worker else worker_key(name, f"pid-{endpoint.pid}")
        self._stands_beside = False
        self._ttl = ttl
        self._close_timeout = close_timeout
        self._clock = clock
        self._lease = 0
        self._state = EndpointState.PENDING
        self._moved = asyncio.Event()
        self._told = asyncio.Event()
        # What the key was found to be when it was looked at: everything up to this revision of the store is known.
        self._vouching = Vouching(store, clock)
        self._known, self._cluster = 0, ""
        self._task: asyncio.Task[None] | None = None
        self._last_error = ""

    @property
    def state(self) -> EndpointState:
        """How the announcement stands, as far as is known."""
        return self._state

    @property
    def last_error(self) -> str:
        """The last thing that went wrong, also when all is well again."""
        return self._last_error

    def heard(self, changes: Iterable[Change]) -> None:
        """A watch has told these: look soon when one of them took the announcement away, or is another client's."""
        for change in changes:
            item = None if change.type is ChangeType.DELETED else change.item
            if change.key == self._key and (item is None or item.lease != self._lease):
                self._told.set()

    def tell(self, level: AppliedLevel) -> None:
        """Announce ``level``, soon: at most one write a second, and only the last one counts."""
        self.endpoint = replace(self.endpoint, level=level)
        self._told.set()

    def tell_workers(self, workers: tuple[Worker, ...]) -> None:
        """Announce the processes that the agent answers for, as soon as ``tell`` does."""
        self.endpoint = replace(self.endpoint, workers=workers)
        self._told.set()

    async def wait_for(self, state: EndpointState) -> None:
        """Wait until the announcement is in ``state``; cancel it to give up waiting."""
        while self._state is not state:
            self._moved.clear()
            await self._moved.wait()

    async def __aenter__(self) -> Self:
        """Begin to announce; does not wait for the store."""
        self._task = asyncio.create_task(self._run(), name=f"corvo-endpoint {self._key}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the announcement back, see ``aclose``."""
        await self.aclose()

    async def aclose(self) -> None:
        """Take the announcement back within ``close_timeout``; failing that it ends with its lease. May be repeated."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=self._close_timeout / 2)
            self._task = None
        lease, self._lease = self._lease, 0
        if lease:
            try:
                async with asyncio.timeout(self._close_timeout / 2):
                    await self._store.revoke_lease(lease)
            except (CorvoError, TimeoutError) as failure:
                _log.info("the endpoint %s ends with its lease: %s", self._key, str(failure) or "no answer in time")
        self._set(EndpointState.PENDING)

    async def _run(self) -> None:
        backoff = Backoff(maximum=self._ttl / 3)
        while True:
            try:
                await self._renew()
            except CorvoError as error:
                self._fail(error)
                await self._clock.sleep(backoff.next())
            except Exception as error:
                # A fault of ours or of a library: the host must not suffer, but its log has to say so.
                _log.exception("announcing %s failed", self._key)
                self._fail(error)
                await self._clock.sleep(backoff.next())
            else:
                backoff.reset()
                await self._rest()

    async def _rest(self) -> None:
        """Wait until it is time to renew the lease, or there is something else to announce."""
        period = self._ttl * _RENEWAL
        pace = min(_PACE, period)
        await self._clock.sleep(pace)
        waiting = [asyncio.ensure_future(self._clock.sleep(period - pace)), asyncio.ensure_future(self._told.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.wait(waiting)

    async def _renew(self) -> None:
        """Make sure that the lease lives and that the key is ours, or rightly another agent's."""
        if self._lease:
            try:
                await self._store.keep_lease(self._lease)
            except NotFound:
                self._lease = 0
        if not self._lease:
            self._lease = await self._store.grant_lease(self._ttl)
        elif self._stands():
            return
        if self._find_address is not None and self._state is not EndpointState.ANNOUNCED:
            self.endpoint = replace(self.endpoint, address=await self._find_address())
        self._told.clear()
        value = encode_endpoint(self.endpoint)
        asked_at = self._clock.monotonic()
        found = await self._store.range(self._key, exact=True)
        self._vouching.looked(asked_at)
        self._known, self._cluster = found.revision, found.cluster
        item = found.items[0] if found.items else None
        if item is None:
            self._wrote(await self._store.create(self._key, value, lease=self._lease))
        elif item.lease != self._lease or item.value != value:
            if self._yields_to(item):
                await self._stand_beside(value)
                self._set(EndpointState.SUPERSEDED)
                return
            self._wrote(await self._store.update(self._key, value, expected=item.mod_revision, lease=self._lease))
        await self._leave_beside()
        self._set(EndpointState.ANNOUNCED)

    async def _stand_beside(self, value: bytes) -> None:
        """Announce this process among the workers: it lives, and can be asked, though another has the name."""
        if not self._beside:
            return
        item = await self._store.get(self._beside)
        if item is None or item.lease != self._lease or item.value != value:
            await self._store.put(self._beside, value, lease=self._lease)
        self._stands_beside = True

    async def _leave_beside(self) -> None:
        """It has the name again: there is one announcement of a process."""
        if self._stands_beside:
            with suppress(NotFound):
                await self._store.delete(self._beside)
            self._stands_beside = False

    def _stands(self) -> bool:
        """Whether the renewal of the lease says enough: the key is as it was when it was looked at last."""
        if self._state is not EndpointState.ANNOUNCED or self._told.is_set():
            return False
        proof = self._vouching.spares(self._known, self._cluster, since=self._known, within=self._ttl)
        return proof is not None

    def _wrote(self, revision: int) -> None:
        # What lies between is another client's.
        if revision == self._known + 1:
            self._known = revision

    def _yields_to(self, item: KeyValue) -> bool:
        try:
            other = decode_endpoint(item)
        except DecodeError:
            return False
        ours = self.endpoint
        if replace(other, level=ours.level, workers=ours.workers) == ours or not item.lease:
            # Ours from before the lease was lost, or written by hand: no agent stands behind it.
            return False
        if (other.started, other.pid, other.address) < (ours.started, ours.pid, ours.address):
            _log.warning("%s at %s is replaced by this process at %s", self._key, other.address, ours.address)
            return False
        if self._state is not EndpointState.SUPERSEDED:
            _log.warning("%s belongs to a younger process now, at %s: this one waits", self._key, other.address)
        return True

    def _fail(self, error: Exception) -> None:
        if isinstance(error, (AlreadyExists, NotFound, VersionConflict)):
            # Another agent came or went in the same moment: look again.
            return
        if self._state is not EndpointState.PENDING or not self._last_error:
            _log.warning("the endpoint %s is not announced: %s", self._key, error)
        self._last_error = str(error)
        self._set(EndpointState.PENDING)

    def _set(self, state: EndpointState) -> None:
        self._state = state
        self._moved.set()
