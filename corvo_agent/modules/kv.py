"""What the framework needs of a key-value store with revisions: a Protocol, and the values that it speaks in.

Two stores implement it: ``etcd.EtcdStore`` and ``memory.MemoryStore``. Everything above (Modules, endpoints,
watching) is written once against it. Keys are text, values bytes, revisions grow with every write to the store.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Protocol, Self, runtime_checkable


class KeyValue(NamedTuple):
    """One key at one revision of the store.

    ``create_revision`` is where the key began to exist, ``mod_revision`` its last write, which is what ``expected``
    compares. ``lease`` is the id of the lease that deletes it, 0 without one.
    """

    key: str
    value: bytes
    create_revision: int
    mod_revision: int
    lease: int = 0


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Every key below ``prefix``, or with ``exact`` that key alone."""

    prefix: str
    exact: bool = False

    def holds(self, key: str) -> bool:
        """Whether ``key`` is one of them."""
        return key == self.prefix if self.exact else key.startswith(self.prefix)


@dataclass(frozen=True, slots=True)
class Range:
    """Keys at one moment. ``cluster`` identifies the data: revisions of two clusters cannot be compared."""

    items: tuple[KeyValue, ...]
    revision: int
    cluster: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many ``keys`` there are at one moment; ``revision`` and ``cluster`` as in ``Range``."""

    keys: int
    revision: int
    cluster: str


class ChangeType(enum.Enum):
    """What happened to a key; the values are the event types of REST and of the Go original."""

    CREATED = "Created"
    UPDATED = "Updated"
    DELETED = "Deleted"


#: The members by name: asking an Enum's class for one goes through its metaclass, which is slow after a pause.
CREATED, UPDATED, DELETED = ChangeType.CREATED, ChangeType.UPDATED, ChangeType.DELETED


class Change(NamedTuple):
    """One change of one key. A deletion has the previous item in ``item`` where it is known, else None.

    A stream of a store does not know it, a ``Watch`` does.
    """

    type: ChangeType
    key: str
    revision: int
    item: KeyValue | None


@dataclass(frozen=True, slots=True)
class ClockDifference:
    """The store's clock is ``seconds`` ahead of ours (behind, when negative), give or take ``doubt``."""

    seconds: float
    doubt: float

    @property
    def correction(self) -> float:
        """Seconds to add to our time to have the store's; 0 while the clocks may well agree."""
        return 0.0 if abs(self.seconds) <= self.doubt else self.seconds


@runtime_checkable
class HasClock(Protocol):
    """A store that has a clock of its own."""

    def clock_difference(self) -> ClockDifference | None:
        """How far it is from ours; None while that is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Proof:
    """What the renewal of a lease told: the store has a leader, and was at ``revision`` or later.

    It was asked at the clock's monotonic seconds ``at``. ``streams``: there are open streams, and all of them lead to
    the member that has answered.
    """

    at: float
    revision: int
    cluster: str
    streams: bool


@runtime_checkable
class HasProofs(Protocol):
    """A store that renewals of leases tell something about."""

    def last_proof(self) -> Proof | None:
        """What the last renewal told; None before the first, and after one that got no answer."""
        ...


@runtime_checkable
class HasCredentials(Protocol):
    """A store that shows certificates or passwords and can be told that they are other ones now."""

    async def reload_credentials(self) -> None:
        """Read them now, for all that follows. Raises ConfigError when they are of no use; all stays then."""
        ...


@runtime_checkable
class KeyValueStore(Protocol):
    """A store with revisions.

    Every call raises Unavailable, DeadlineExceeded when a time ran out, PermissionRefused, or RemoteError for
    anything else that the store says, and may be cancelled at any time; a write that was cancelled may or may not
    have happened. A ``prefix`` stands for every key that starts with it; a key is a ``prefix`` with ``exact=True``.
    Use as an async context manager; the constructor does no I/O and entering it succeeds while the store is away.
    """

    async def __aenter__(self) -> Self:
        """Make it ready; does not wait for the store."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close: ends watches, keeps to a bounded time."""
        ...

    async def get(self, key: str, *, serializable: bool = False, revision: int = 0) -> KeyValue | None:
        """The item, or None. Linearizable unless ``serializable``.

        With ``revision`` as it was then; raises Compacted when that is forgotten.
        """
        ...

    async def range(
        self,
        prefix: str,
        *,
        exact: bool = False,
        limit: int = 0,
        keys_only: bool = False,
        newer_than: int = 0,
        also: Sequence[KeyRange] = (),
    ) -> Range:
        """All items below ``prefix`` (or that key alone), by key; ``limit`` 0 means all.

        With ``newer_than`` only those that were written after that revision. Those of the ranges ``also`` follow, as
        they are at the same revision; ``limit`` counts for each range. Raises ResourceExhausted for an item that is
        too large.
        """
        ...

    async def count(self, prefix: str, *, exact: bool = False) -> Count:
        """How many keys lie below ``prefix``: costs the store a small part of what listing them does."""
        ...

    async def create(self, key: str, value: bytes, *, lease: int = 0) -> int:
        """Write a key that does not exist; the new revision. Raises AlreadyExists."""
        ...

    async def update(self, key: str, value: bytes, *, expected: int | None = None, lease: int = 0) -> int:
        """Write a key that exists, at mod_revision ``expected`` if given; the new revision.

        Raises NotFound, VersionConflict.
        """
        ...

    async def put(self, key: str, value: bytes, *, lease: int = 0) -> int:
        """Write a key whether or not it exists; the new revision."""
        ...

    async def delete(self, key: str, *, expected: int | None = None) -> KeyValue:
        """Delete a key; its last item. Raises NotFound, VersionConflict."""
        ...

    async def grant_lease(self, ttl: float) -> int:
        """A new lease of at least ``ttl`` seconds; its id."""
        ...

    async def keep_lease(self, lease: int) -> float:
        """Renew a lease; the seconds that it has left. Raises NotFound when it has expired."""
        ...

    async def revoke_lease(self, lease: int) -> None:
        """End a lease and delete its keys; an expired one is fine."""
        ...

    def changes(
        self,
        prefix: str,
        start: int,
        *,
        exact: bool = False,
        also: Sequence[tuple[KeyRange, int]] = (),
        at_once: Callable[[list[Change]], bool] | None = None,
    ) -> AsyncGenerator[list[Change], None]:
        """One stream of changes from revision ``start`` on, in batches as they arrive, in order.

        The same stream tells the changes of each range in ``also`` from the revision that stands with it: in order
        within a range, while of two ranges one may be ahead of the other.

        While a batch is waited for, a store may call ``at_once`` with one in place of waking who waits, in the turn
        of the loop in which it was read. That has to be quick. A batch that it returns False for has not been taken
        and comes by iteration; what it raises, iteration raises.

        Ends with an exception, never silently: Compacted when ``start`` is gone, Unavailable when the connection
        or the leader is lost, PermissionRefused. It neither resumes nor retries: ``watch.Watch`` does. An async
        generator: close it with ``contextlib.aclosing``.
        """
        ...
