"""etcd's JSON, both ways: requests of the v3 API as its gateway wants them, and what it answers, as our values.

Numbers of 64 bits are decimal strings, bytes are base64, fields with a default value are left out (proto3 JSON,
api/etcdserverpb/rpc.proto). No I/O. Whatever a server sends that does not fit raises DecodeError.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ...errors import DecodeError
from ..kv import CREATED, DELETED, UPDATED, Change, Count, KeyValue, Range

Json = dict[str, Any]
T = TypeVar("T")
R = TypeVar("R")


# Requests


def base64_text(data: bytes) -> str:
    """``data`` as etcd's JSON holds bytes."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def key_bytes(key: str) -> bytes:
    """A key as etcd holds it. Keys that are not UTF-8 survive the way here and back."""
    return key.encode("utf-8", "surrogateescape")


def prefix_end(prefix: bytes) -> bytes:
    """The first key behind all keys that start with ``prefix``; a zero byte means the end of all keys."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else b"\0"


def key_range(prefix: str, *, exact: bool) -> Json:
    """The ``key`` and ``range_end`` fields that stand for one key or for every key below a prefix."""
    start = key_bytes(prefix)
    if exact:
        return {"key": base64_text(start)}
    return {"key": base64_text(start or b"\0"), "range_end": base64_text(prefix_end(start))}


def put_request(key: str, value: bytes, lease: int) -> Json:
    """A PutRequest."""
    return {"key": base64_text(key_bytes(key)), "value": base64_text(value), "lease": str(lease)}


def txn_request(key: str, compare: list[Json], action: Json) -> Json:
    """A TxnRequest on one key: ``action`` if all of ``compare`` holds, else a look at the key."""
    encoded = base64_text(key_bytes(key))
    return {
        "compare": [{"key": encoded, **each} for each in compare],
        "success": [action],
        "failure": [{"request_range": {"key": encoded}}],
    }


def ranges_request(requests: list[Json]) -> Json:
    """A TxnRequest that reads several ranges at one revision."""
    return {"success": [{"request_range": request} for request in requests]}


ABSENT: Json = {"target": "CREATE", "result": "EQUAL", "create_revision": "0"}
PRESENT: Json = {"target": "CREATE", "result": "GREATER", "create_revision": "0"}


def at_revision(revision: int) -> Json:
    """The Compare that holds when a key was last written at ``revision``."""
    return {"target": "MOD", "result": "EQUAL", "mod_revision": str(revision)}


def watch_request(prefix: str, start: int, *, exact: bool) -> Json:
    """A WatchCreateRequest, told in messages of bounded size (``fragment``).

    Not with what each event replaced (``prev_kv``): a watch knows that itself, and etcd would send twice as much.
    """
    keys = key_range(prefix, exact=exact)
    # No key was ever written at revision 1, while 0 would mean: from now on.
    return {"create_request": {**keys, "start_revision": str(max(start, 1)), "fragment": True}}


# Answers


def decoded(what: str, decode: Callable[[R], T], raw: R) -> T:
    """``decode(raw)``, with everything that a wrong shape can raise turned into DecodeError naming ``what``."""
    try:
        return decode(raw)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise DecodeError(what, f"unexpected form: {type(error).__name__}: {error}") from error


def integer(raw: Mapping[str, Any], name: str) -> int:
    """A 64-bit number, 0 when it is left out. Raises TypeError, ValueError."""
    value = raw.get(name, 0)
    if value.__class__ is not str and value.__class__ is not int:
        raise TypeError(f"{name} is {type(value).__name__}")
    return int(value)


def objects(raw: Mapping[str, Any], name: str) -> list[Json]:
    """A list of objects, empty when it is left out. Raises TypeError."""
    value = raw.get(name) or []
    if not isinstance(value, list):
        raise TypeError(f"{name} is not a list of objects")
    for each in value:
        if each.__class__ is not dict:
            raise TypeError(f"{name} is not a list of objects")
    return value


def header_revision(raw: Json) -> int:
    """The store's revision when it answered. Raises KeyError, TypeError, ValueError."""
    return integer(raw["header"], "revision")


def range_answer(raw: Json) -> tuple[Range, bool]:
    """A RangeResponse, and whether there are more items than it holds. Raises KeyError, TypeError, ValueError."""
    items = tuple(map(key_value, objects(raw, "kvs")))
    cluster = integer(raw["header"], "cluster_id")
    return Range(items, header_revision(raw), str(cluster)), raw.get("more") is True


def renewal_answer(raw: Json) -> tuple[int, int, str, str]:
    """Seconds, revision, cluster and member of a LeaseKeepAliveResponse; the revision is what that member has.

    Raises KeyError, TypeError, ValueError.
    """
    result = raw["result"]
    header = result["header"]
    cluster, member = str(integer(header, "cluster_id")), str(integer(header, "member_id"))
    return integer(result, "TTL"), integer(header, "revision"), cluster, member


def count_answer(raw: Json) -> Count:
    """A RangeResponse that only counts. Raises KeyError, TypeError, ValueError."""
    return Count(integer(raw, "count"), header_revision(raw), str(integer(raw["header"], "cluster_id")))


def txn_answer(raw: Json) -> tuple[bool, int, KeyValue | None]:
    """The TxnResponse to a ``txn_request``: whether its conditions held, the store's revision, and an item.

    The item is the one that was deleted, or the one that stands against the conditions. Raises KeyError, IndexError,
    TypeError, ValueError.
    """
    succeeded = raw.get("succeeded") is True
    response = objects(raw, "responses")[0]
    if succeeded:
        found = objects(response.get("response_delete_range", {}), "prev_kvs")
    else:
        found = objects(response["response_range"], "kvs")
    return succeeded, header_revision(raw), key_value(found[0]) if found else None


def ranges_answer(raw: Json) -> list[tuple[Range, bool]]:
    """The TxnResponse to a ``ranges_request``, as ``range_answer`` has each. Raises KeyError, TypeError, ValueError."""
    answers = [response["response_range"] for response in objects(raw, "responses")]
    return [range_answer({**answer, "header": raw["header"]}) for answer in answers]


def key_value(raw: Mapping[str, Any]) -> KeyValue:
    """A KeyValue. Raises KeyError, TypeError, ValueError."""
    created, modified, lease = raw.get("create_revision", "0"), raw.get("mod_revision", "0"), raw.get("lease", "0")
    if not created.__class__ is modified.__class__ is lease.__class__ is str:
        created, modified, lease = (integer(raw, name) for name in ("create_revision", "mod_revision", "lease"))
    return KeyValue(
        binascii.a2b_base64(raw["key"], strict_mode=True).decode("utf-8", "surrogateescape"),
        binascii.a2b_base64(raw.get("value", ""), strict_mode=True),
        int(created),
        int(modified),
        int(lease),
    )


def change(raw: Json) -> Change:
    """An Event of a watch. Raises KeyError, TypeError, ValueError."""
    kv = raw["kv"]
    if raw.get("type", "PUT") == "PUT":
        item = key_value(kv)
        created = item.create_revision == item.mod_revision
        return Change(CREATED if created else UPDATED, item.key, item.mod_revision, item)
    if raw["type"] != "DELETE":
        raise ValueError(f"unknown type of event {raw['type']!r}")
    item = key_value(kv)
    return Change(DELETED, item.key, item.mod_revision, None)
