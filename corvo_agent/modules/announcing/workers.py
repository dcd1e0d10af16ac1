"""The several processes of one Module: how each is announced, found and chosen.

A hub answers for all processes of its Module, and lists them in its endpoint (``Endpoint.workers``). A process that
answers for itself lies at ``workers/ID`` beside the endpoint, with an ``Endpoint`` of its own under its own lease; so
does an agent whose name another process of the same Module has taken meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...errors import DecodeError, InvalidArgument, NotFound
from ..decimal_text import natural
from ..kv import KeyValue, KeyValueStore
from ..names import BESIDE_PREFIX, validate_name
from .endpoint import (
    ALL_WORKERS,
    AppliedLevel,
    Endpoint,
    Worker,
    check_worker_id,
    decode_endpoint,
    endpoint_name,
)

_log = logging.getLogger(__name__)
_WORKERS = "/workers/"
_PID = "pid:"


@dataclass(frozen=True, slots=True)
class Process:
    """A process of a Module, and where it is asked.

    ``worker`` is what it is announced as; its ``id`` is "" where nothing but the endpoint stands for the process.
    ``endpoint`` is that of the agent that answers for it. ``inside``: that agent answers for others too, and has to
    be told for which one.
    """

    worker: Worker
    endpoint: Endpoint
    inside: bool = False

    @property
    def level(self) -> AppliedLevel | None:
        """What is in force in it, as far as it is announced."""
        return self.worker.level


def worker_key(name: str, id: str) -> str:
    """The key of the process ``id`` of the Module ``name``. Raises InvalidArgument for a bad name or id."""
    return f"{BESIDE_PREFIX}{validate_name(name, 'name')}{_WORKERS}{check_worker_id(id)}"


def worker_of(key: str) -> tuple[str, str] | None:
    """The Module and the id of the process announced at ``key``, a key below ``BESIDE_PREFIX``; None for another."""
    name, found, id = key.removeprefix(BESIDE_PREFIX).partition(_WORKERS)
    if not found or "/" in name or not key.startswith(BESIDE_PREFIX):
        return None
    try:
        return name, check_worker_id(id)
    except InvalidArgument:
        return None


def processes(endpoint: Endpoint | None, others: Mapping[str, Endpoint]) -> tuple[Process, ...]:
    """All processes of a Module: those of its ``endpoint`` first, then the ``others``, by id, that lie beside it."""
    found: list[Process] = []
    if endpoint is not None and endpoint.workers:
        found += [Process(worker, endpoint, inside=True) for worker in endpoint.workers]
    elif endpoint is not None:
        own = next((id for id, other in others.items() if _same_process(other, endpoint)), "")
        found.append(Process(Worker(own, endpoint.pid, endpoint.started, endpoint.level), endpoint))
    found += [
        Process(Worker(id, other.pid, other.started, other.level), other)
        for id, other in sorted(others.items())
        if endpoint is None or not _same_process(other, endpoint)
    ]
    return tuple(found)


def choose(found: Sequence[Process], wanted: str, name: str) -> tuple[Process, ...]:
    """Those of the processes ``found`` of the Module ``name`` that ``wanted`` names: an id, "pid:NUMBER", or "all".

    Raises NotFound when none is called that, and InvalidArgument for what can name none.
    """
    if wanted == ALL_WORKERS:
        return tuple(found)
    if wanted.startswith(_PID):
        number = natural(wanted.removeprefix(_PID))
        if number is None:
            raise InvalidArgument("worker", wanted, "must be an id, pid:NUMBER, or all")
        chosen = tuple(each for each in found if each.worker.pid == number)
    else:
        check_worker_id(wanted)
        chosen = tuple(each for each in found if each.worker.id == wanted)
    if not chosen:
        raise NotFound(f"worker of module {name}", wanted, f"there are {_names(found) or 'none'}")
    return chosen


async def find_workers(store: KeyValueStore, name: str) -> tuple[Process, ...]:
    """All processes of the Module ``name`` that have announced themselves; a value that cannot be read counts as none.

    Raises InvalidArgument for a name that no Module can have, and what ``store`` raises.
    """
    items = (await store.range(f"{BESIDE_PREFIX}{validate_name(name, 'name')}/")).items
    return processes(*announced(name, items))


def announced(name: str, beside: Iterable[KeyValue]) -> tuple[Endpoint | None, dict[str, Endpoint]]:
    """The endpoint of the Module ``name`` and those of its other processes by id, of what lies ``beside`` it.

    A value that cannot be read is left out, with a warning.
    """
    endpoint: Endpoint | None = None
    others: dict[str, Endpoint] = {}
    for item in beside:
        worker = worker_of(item.key)
        if worker is None and endpoint_name(item.key) != name:
            continue
        try:
            read = decode_endpoint(item)
        except DecodeError as error:
            _log.warning("endpoint ignored: %s", error)
            continue
        if worker is None:
            endpoint = read
        else:
            others[worker[1]] = read
    return endpoint, others


def _same_process(one: Endpoint, other: Endpoint) -> bool:
    return (one.pid, one.started, one.address) == (other.pid, other.started, other.address)


def _names(found: Iterable[Process]) -> str:
    return ", ".join(each.worker.id or f"{_PID}{each.worker.pid}" for each in found)
