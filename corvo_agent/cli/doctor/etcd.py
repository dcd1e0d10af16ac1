"""An etcd: whether it answers, which version it is, what may be read, and whose clock is right."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ...errors import CorvoError
from ...modules.etcd.store import EtcdStore
from ...modules.names import MODULES_PREFIX
from ...modules.store import ModuleStore
from .finding import Finding, Verdict, fault_of

_OLDEST = (3, 4)
# Seconds by which clocks may differ before it is worth a word.
_DIFFERENCE = 5.0
_RIGHTS = "give its user the rights that `corvo guide rights` lists, or name another one by --etcd-user"


async def check_etcd(store: ModuleStore, urls: str) -> AsyncIterator[Finding]:
    """Ask it some questions; nothing is written."""
    try:
        found = await store.kv.range(MODULES_PREFIX, keys_only=True)
    except CorvoError as error:
        yield fault_of("etcd", error, f"is it running, and is {urls} where it answers?", _RIGHTS)
        return
    yield Finding("etcd", Verdict.GOOD, f"{urls} answers, at revision {found.revision}, {len(found.items)} modules")
    if not isinstance(store.kv, EtcdStore):
        return
    yield await _version(store.kv)
    difference = store.kv.clock_difference()
    if difference is None:
        yield Finding("clock", Verdict.NOTE, "etcd does not tell its time")
    elif abs(difference.seconds) > _DIFFERENCE + difference.doubt:
        seen = f"this machine's clock is {-difference.seconds:+.1f} s from etcd's"
        yield Finding("clock", Verdict.FAULT, seen, "let both follow a time server: levels end by etcd's clock")
    else:
        yield Finding("clock", Verdict.GOOD, f"within {difference.doubt + abs(difference.seconds):.1f} s of etcd's")


async def _version(store: EtcdStore) -> Finding:
    try:
        version = await store.server_version()
    except CorvoError as error:
        return Finding("etcd version", Verdict.NOTE, f"not told: {error}")
    parts = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    if parts < _OLDEST:
        return Finding("etcd version", Verdict.FAULT, version or "not told", "etcd 3.4 or later is needed")
    return Finding("etcd version", Verdict.GOOD, version)
