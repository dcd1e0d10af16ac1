"""Where an agent answers and who it is: what it announces beside its Module, as a value and as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from ...errors import DecodeError, InvalidArgument, shorten
from ..json.tables import JsonField, JsonTable, flag, int32, read_array, text, text_map, time, time_map
from ..kv import KeyValue, KeyValueStore
from ..names import BESIDE_PREFIX, validate_name

#: Most processes that one agent answers for.
MAX_WORKERS = 1024
#: Stands for every process of a Module where one could be named.
ALL_WORKERS = "all"
_KEY = "/endpoint"
_WORKER_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AppliedLevel:
    """The level that is in force in a process, by its agent's word.

    ``level`` is as it is written, "" while none was ever in force; ``source`` is the rule that gave it (a value of
    LevelSource), ``since`` when it came into force in nanoseconds of wall time; ``until``, ``by`` and ``reason`` are an
    override's. ``loggers`` are the levels of single loggers, ``logger_ends`` when some of these end. ``wanted`` is the
    level that the Module asks for while that one is not in force, and ``fault`` what keeps it from being so.
    ``only_shown``: nothing changes the process; the level chooses which lines are shown.
    """

    level: str = ""
    source: str = ""
    since: int = 0
    by: str = ""
    reason: str = ""
    wanted: str = ""
    fault: str = ""
    only_shown: bool = False
    until: int = 0
    loggers: Mapping[str, str] = field(default_factory=dict)
    logger_ends: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Worker:
    """One process of a Module that has several, which the agent of the Module answers for.

    ``id`` names it among them for as long as it lives, such as "3" (see ``check_worker_id``). ``pid`` is its process,
    ``started`` when that began in nanoseconds of wall time, ``level`` what is in force in it, None for nothing known.
    """

    id: str
    pid: int = 0
    started: int = 0
    level: AppliedLevel | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An agent that answers at ``address`` (``HOST:PORT``).

    ``pid`` is its process, ``started`` when that began in nanoseconds of wall time, ``version`` that of the agent,
    ``module`` the module's name without the node. ``host``, ``boot_id`` and ``network_namespace`` are the fields of
    the ``Place`` that the process runs in: who shares that reaches its loopback addresses, and nothing else does.
    ``level`` is what the agent tells of its level, None for nothing. ``workers`` are the processes that it answers for
    in place of its own, at most ``MAX_WORKERS``.
    """

    address: str
    pid: int = 0
    started: int = 0
    version: str = ""
    module: str = ""
    host: str = ""
    boot_id: str = ""
    network_namespace: str = ""
    level: AppliedLevel | None = None
    workers: tuple[Worker, ...] = ()


def check_worker_id(id: str, what: str = "worker") -> str:
    """``id`` itself, when a worker may be called that: one to 64 letters, digits, ``_``, ``-`` and ``.``, not "all".

    Raises InvalidArgument naming ``what`` otherwise.
    """
    if not isinstance(id, str) or not _WORKER_ID.fullmatch(id) or id == ALL_WORKERS:
        raise InvalidArgument(what, id, "must be one to 64 letters, digits, _, - and ., and not the word all")
    return id


def _read_workers(json: Any, path: str) -> tuple[Worker, ...]:
    array = read_array(json, path)
    if len(array) > MAX_WORKERS:
        raise InvalidArgument(path, len(array), f"must be at most {MAX_WORKERS}")
    workers = tuple(Worker(**{"id": "", **_WORKER.read(each, f"{path}.{n}")[0]}) for n, each in enumerate(array))
    for number, worker in enumerate(workers):
        check_worker_id(worker.id, f"{path}.{number}.id")
    return workers


def _write_workers(workers: tuple[Worker, ...], _kept: Any) -> list[dict[str, Any]]:
    return [_WORKER.write(worker, {}) for worker in workers]


def _read_level(json: Any, path: str) -> AppliedLevel:
    return AppliedLevel(**_LEVEL.read(json, path)[0])


def _write_level(level: AppliedLevel, _kept: Any) -> dict[str, Any]:
    return _LEVEL.write(level, {})


_LEVEL = JsonTable(
    "endpoint.level",
    text("level", "level", always=True),
    text("source", "source"),
    time("since", "since"),
    text("by", "by"),
    text("reason", "reason"),
    text("wanted", "wanted"),
    text("fault", "fault"),
    flag("only-shown", "only_shown"),
    time("until", "until"),
    text_map("loggers", "loggers"),
    time_map("logger-ends", "logger_ends"),
)
_WORKER = JsonTable(
    "endpoint.workers",
    text("id", "id", always=True),
    int32("pid", "pid"),
    time("started", "started"),
    JsonField("level", "level", _read_level, _write_level),
)
_TABLE = JsonTable(
    "endpoint",
    text("address", "address", always=True),
    int32("pid", "pid"),
    text("host", "host"),
    text("boot-id", "boot_id"),
    text("network-namespace", "network_namespace"),
    time("started", "started"),
    text("version", "version"),
    text("module", "module"),
    JsonField("level", "level", _read_level, _write_level),
    JsonField("workers", "workers", _read_workers, _write_workers),
)


def endpoint_key(name: str) -> str:
    """The key of the endpoint of the Module ``name``. Raises InvalidArgument for a name that none can have."""
    return f"{BESIDE_PREFIX}{validate_name(name, 'name')}{_KEY}"


def endpoint_name(key: str) -> str | None:
    """The Module whose endpoint lies at ``key``, a key below ``BESIDE_PREFIX``; None for what is no endpoint."""
    name = key.removeprefix(BESIDE_PREFIX).removesuffix(_KEY)
    return name if key == f"{BESIDE_PREFIX}{name}{_KEY}" and "/" not in name else None


def applied_to_dict(level: AppliedLevel) -> dict[str, Any]:
    """``level`` in JSON types: times in RFC 3339, empty fields left out."""
    return _LEVEL.write(level, {})


def applied_from_dict(value: Any) -> AppliedLevel:
    """The reverse of ``applied_to_dict``; keys that we do not know are passed over. Raises InvalidArgument."""
    return _read_level(value, "applied")


def encode_endpoint(endpoint: Endpoint) -> bytes:
    """The JSON that is stored under ``endpoint_key``: an object, times in RFC 3339, empty fields left out.

    Raises InvalidArgument for more than ``MAX_WORKERS`` workers, or one whose id none may have.
    """
    if len(endpoint.workers) > MAX_WORKERS:
        raise InvalidArgument("endpoint.workers", len(endpoint.workers), f"must be at most {MAX_WORKERS}")
    for worker in endpoint.workers:
        check_worker_id(worker.id, "endpoint.workers.id")
    return orjson.dumps(_TABLE.write(endpoint, {}))


def decode_endpoint(item: KeyValue) -> Endpoint:
    """The endpoint in ``item``; keys that we do not know are passed over. Raises DecodeError."""
    what = f"{item.key} at revision {item.mod_revision}"
    try:
        value: Any = orjson.loads(item.value)
        endpoint = Endpoint(**{"address": "", **_TABLE.read(value)[0]})
    except InvalidArgument as error:
        raise DecodeError(what, str(error)) from error
    except ValueError as error:
        raise DecodeError(what, f"not JSON: {shorten(str(error), 200)}") from error
    if not endpoint.address:
        raise DecodeError(what, "endpoint.address: is missing")
    return endpoint


async def find_endpoint(store: KeyValueStore, name: str) -> Endpoint | None:
    """Where the agent of the Module ``name`` answers; None when no agent has announced itself.

    Raises DecodeError, InvalidArgument for a name that no Module can have, and what ``store`` raises.
    """
    item = await store.get(endpoint_key(name))
    return None if item is None else decode_endpoint(item)
