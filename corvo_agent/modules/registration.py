"""What an agent writes into its Module: that it has started. The spec belongs to people and is never touched."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..backoff import Backoff
from ..errors import AlreadyExists, CorvoError, InvalidArgument, NotFound, VersionConflict
from .model import Module, ModuleSpec, ModuleStatus, ObjectMeta, ServicePort
from .store import ModuleStore

_log = logging.getLogger(__name__)

_MAX_INT32 = 2**31 - 1


@dataclass(frozen=True, slots=True)
class StartReport:
    """A start of the process that the Module ``name`` stands for.

    ``started`` is wall time in nanoseconds and tells starts apart: reported twice, it counts once, also when it is
    told differently by up to ``precision`` nanoseconds. 0 is for a process whose start was not seen. ``missed`` is
    how many starts came since the last one that was reported by the same reporter, before this one. Empty fields
    leave what the Module says; ``service_ports`` replace those of the same name. ``category`` and ``log_level`` are
    for a Module that does not exist yet; without a level it logs as it was
    configured.
    """

    name: str
    started: int
    node: str = ""
    module: str = ""
    service: str = ""
    service_ports: tuple[ServicePort, ...] = ()
    restart_reason: str = ""
    category: str = "Venice"
    log_level: str = ""
    precision: int = 0
    missed: int = 0


async def register(
    store: ModuleStore, report: StartReport, *, before: Module | None = None, backoff: Backoff | None = None
) -> Module:
    """Write ``report`` into its Module, creating that when it is absent; the Module as stored.

    ``before`` is what the caller wrote or saw last: one that is created has its labels, spec and status, and one that
    a person has put without a status has that again.
    While the store is away, refuses, or holds a value that cannot be decoded, it is tried again with ``backoff`` for
    as long as it takes: cancel it to give up. Cancelled or cut off in the middle and called again with the same
    report, it does not count the start twice. Raises InvalidArgument when the report itself is wrong.
    """
    backoff = backoff or Backoff()
    complained = ""
    while True:
        try:
            return await _register_once(store, report, before or Module())
        except InvalidArgument:
            raise
        except (AlreadyExists, NotFound, VersionConflict):
            # Another client created, deleted or changed it in between.
            pass
        except CorvoError as error:
            if str(error) != complained:
                complained = str(error)
                _log.warning("the start of %s is not reported yet: %s", report.name, error)
        await store.clock.sleep(backoff.next())


def is_reported(status: ModuleStatus) -> bool:
    """Whether an agent has written it: a person who puts a Module by hand leaves it out."""
    # A target that has not been seen yet has no start, but the configuration says where it is to be.
    return bool(status.last_start or status.node)


async def _register_once(store: ModuleStore, report: StartReport, before: Module) -> Module:
    def reported(module: Module) -> Module:
        left_out = is_reported(before.status) and not is_reported(module.status)
        return _restarted(replace(module, status=before.status) if left_out else module, report)

    try:
        return await store.modify(report.name, reported)
    except NotFound:
        spec = ModuleSpec(log_level=report.log_level) if before.spec == ModuleSpec() else before.spec
        meta = ObjectMeta(name=report.name, labels=before.meta.labels)
        return await store.create(_restarted(replace(before, meta=meta, spec=spec), report))


def _restarted(module: Module, report: StartReport) -> Module:
    status = module.status
    # The same start again: it is not counted, but the process may have moved to another port since.
    counted = not report.started or abs(status.last_start - report.started) <= report.precision
    return replace(
        module,
        status=replace(
            status,
            node=report.node or status.node,
            module=report.module or status.module,
            category=status.category or report.category,
            service=report.service or status.service,
            service_ports=_merged(status.service_ports, report.service_ports),
            last_start=status.last_start if counted else report.started,
            restart_count=status.restart_count if counted else _restarts(status, 1 + report.missed),
            last_restart_reason=report.restart_reason or status.last_restart_reason,
        ),
    )


def _restarts(status: ModuleStatus, starts: int) -> int:
    # A Module that people prepared for a process that never ran: its first start is no restart.
    if not status.last_start and not status.restart_count:
        starts -= 1
    return min(status.restart_count + starts, _MAX_INT32)


def _merged(old: Iterable[ServicePort], new: Iterable[ServicePort]) -> tuple[ServicePort, ...]:
    merged = {port.name or port.port: port for port in old}
    merged.update((port.name or port.port, port) for port in new)
    return tuple(merged.values())
