"""Reading and writing the controls of Modules in a key-value store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace

from ...clock import SYSTEM_CLOCK, Clock
from ...errors import (
    AlreadyExists,
    CorvoError,
    DecodeError,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    VersionConflict,
)
from ...timestamps import format_rfc3339
from ..compare_and_swap import compare_and_swap
from ..kv import KeyValue, KeyValueStore
from .codec import control_key, control_of, controls_prefix, decode_control, encode_control, id_of
from .control import MAX_CONTROLS, Control

_log = logging.getLogger(__name__)

#: Seconds that a control stays in the store after its end: who looks later still sees what there was.
KEPT_AFTER_END = 3600.0
#: Seconds ahead that the end of a control may lie: etcd has no longer leases (lease.MaxLeaseTTL) than 285 years.
LONGEST = 9e9 - 2 * KEPT_AFTER_END
# Seconds that giving back a lease without a control may take.
_REVOKE = 2.0


class ControlStore:
    """The controls in ``kv``, which its owner enters and leaves.

    ``clock`` says what time it is, by which the store's lease of a control is reckoned. Every call raises what ``kv``
    raises (Unavailable and its kind), InvalidArgument for a name that no Module can have, and may be cancelled at any
    time; a write that was cancelled may or may not have happened.
    """

    def __init__(self, kv: KeyValueStore, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._kv = kv
        self._clock = clock

    async def list(self, name: str) -> tuple[Control, ...]:
        """The controls of the Module ``name``, by id; those that cannot be read are left out, with a warning."""
        return read_controls((await self._kv.range(controls_prefix(name))).items)

    async def put(self, name: str, control: Control) -> Control:
        """Put ``control`` in the place of what is there for its logger; it as stored.

        It lies under a lease that ends ``KEPT_AFTER_END`` seconds after it; one without an end stays. A control of the
        same logger that people have written under another id goes. One that brings an ``id`` of its own lies beside the
        others, and while it is the newest it counts. Raises InvalidArgument, and ResourceExhausted when the Module has
        ``MAX_CONTROLS`` already.
        """
        id = control.id or id_of(control.logger)
        key, value = control_key(name, id), encode_control(control)
        others = (await self._kv.range(controls_prefix(name))).items
        if len(others) >= MAX_CONTROLS and not any(item.key == key for item in others):
            raise ResourceExhausted(f"controls of module {name}", MAX_CONTROLS, len(others) + 1)
        lease = 0
        if control.until:
            left = (control.until - self._clock.time_ns()) / 1e9
            if left > LONGEST:
                raise InvalidArgument(
                    "until", format_rfc3339(control.until), "is too far ahead: leave it out for no end"
                )
            lease = await self._kv.grant_lease(max(0.0, left) + KEPT_AFTER_END)
        try:
            revision = await compare_and_swap(
                lambda: self._kv.get(key), lambda old: self._write(key, value, old, lease), clock=self._clock
            )
        except BaseException:
            if lease:
                await self._give_back(lease)
            raise
        if id == id_of(control.logger):
            await self._clear(name, [each for each in others if each.key != key], control.logger)
        return replace(control, id=id, revision=revision)

    async def clear(self, name: str, logger: str = "", id: str = "") -> tuple[Control, ...]:
        """Take away every control of ``logger``, "" being the whole process, or only ``id``.

        Those that this call has taken away.
        """
        if id:
            try:
                return read_controls([await self._kv.delete(control_key(name, id))])
            except NotFound:
                return ()
        return await self._clear(name, (await self._kv.range(controls_prefix(name))).items, logger)

    async def clear_all(self, name: str) -> None:
        """Take away every control of the Module ``name``, also what cannot be read."""
        for item in (await self._kv.range(controls_prefix(name))).items:
            await self._delete_item(item.key, item.mod_revision)

    async def delete(self, name: str, control: Control) -> bool:
        """Take away ``control`` unless it was written anew; whether this call did it."""
        return await self._delete_item(control_key(name, control.id), control.revision)

    async def _write(self, key: str, value: bytes, old: KeyValue | None, lease: int) -> int:
        try:
            if old is None:
                return await self._kv.create(key, value, lease=lease)
            return await self._kv.update(key, value, expected=old.mod_revision, lease=lease)
        except (AlreadyExists, NotFound) as error:
            if isinstance(error, NotFound) and (old is None or await self._kv.get(key) is not None):
                # It is the lease that is gone.
                raise
            # Another client was faster: it is read again.
            raise VersionConflict(key, old.mod_revision if old else 0) from error

    async def _give_back(self, lease: int) -> None:
        try:
            async with asyncio.timeout(_REVOKE):
                await self._kv.revoke_lease(lease)
        except (CorvoError, TimeoutError) as error:
            _log.debug("a lease without a control ends by itself: %s", error)

    async def _clear(self, name: str, items: Iterable[KeyValue], logger: str) -> tuple[Control, ...]:
        found = [control for control in read_controls(items) if control.logger == logger]
        return tuple([control for control in found if await self.delete(name, control)])

    async def _delete_item(self, key: str, revision: int) -> bool:
        try:
            await self._kv.delete(key, expected=revision)
        except (NotFound, VersionConflict):
            return False
        return True


def read_controls(items: Iterable[KeyValue]) -> tuple[Control, ...]:
    """The controls among ``items``; those that cannot be read are left out, with a warning."""
    controls = []
    for item in items:
        if control_of(item.key) is None:
            continue
        try:
            controls.append(decode_control(item))
        except DecodeError as error:
            _log.warning("control ignored: %s", error)
    return tuple(controls)
