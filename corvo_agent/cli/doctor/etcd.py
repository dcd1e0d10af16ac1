"""An etcd: whether it answers, which version it is, what may be read and written, and whose clock is right."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ...errors import CorvoError, NotFound, PermissionRefused, VersionConflict
from ...modules.etcd.store import EtcdStore
from ...modules.names import MODULES_PREFIX, is_name
from ...modules.store import ModuleStore
from ..show.counted import counted
from .finding import Finding, Verdict, fault_of

_OLDEST = (3, 4)
# Seconds by which clocks may differ before it is worth a word.
_DIFFERENCE = 5.0
#: What to do where etcd refuses.
RIGHTS = "is the password right? If so, give its user the rights that `corvo guide rights` lists, or name another"
_NO_USER = "it wants to know who asks: --etcd-user NAME and --etcd-password-file FILE, or a certificate: --etcd-cert"
_WRITES = (
    "levels are set by a user with the rights of an operator, which `corvo guide rights` lists; agents write theirs"
)
# Of a key that is not there, and of a revision that none ever reaches: what is to be written only then never is.
_NO_MODULE, _NEVER = "corvo-doctor", 1 << 62


async def check_etcd(store: ModuleStore, urls: str, *, name: str = "", user: bool = True) -> AsyncIterator[Finding]:
    """Ask it some questions, also whether the Module ``name`` might be written; nothing is written.

    ``user``: whether it was told who asks.
    """
    try:
        found = await store.kv.range(MODULES_PREFIX, keys_only=True)
    except CorvoError as error:
        yield fault_of("etcd", error, f"is it running, and is {urls} where it answers?", RIGHTS if user else _NO_USER)
        return
    yield Finding(
        "etcd", Verdict.GOOD, f"{urls} answers, at revision {found.revision}, {counted(len(found.items), 'module')}"
    )
    if not isinstance(store.kv, EtcdStore):
        return
    yield await _version(store.kv)
    yield await _writes(store.kv, name)
    difference = store.kv.clock_difference()
    if difference is None:
        yield Finding("clock", Verdict.NOTE, "etcd does not tell its time")
    elif abs(difference.seconds) > _DIFFERENCE + difference.doubt:
        side = "behind" if difference.seconds > 0 else "ahead of"
        seen = f"this machine's clock is {abs(difference.seconds):.0f} s {side} etcd's"
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


async def _writes(store: EtcdStore, name: str) -> Finding:
    """Whether a write would be taken: etcd asks for rights and room before it looks at a write's condition."""
    module = name if is_name(name) else _NO_MODULE
    try:
        await store.update(f"{MODULES_PREFIX}{module}", b"", expected=_NEVER)
    except (NotFound, VersionConflict):
        return Finding("etcd writes", Verdict.GOOD, "would be taken")
    except PermissionRefused:
        seen = f"this user may not write {name if module == name else 'modules'}"
        return Finding("etcd writes", Verdict.NOTE, seen, _WRITES)
    except CorvoError as error:
        return fault_of("etcd writes", error, "reading works; levels cannot be set until this is mended", RIGHTS)
    return Finding("etcd writes", Verdict.GOOD, "would be taken")
