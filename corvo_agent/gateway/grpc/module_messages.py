"""Modules, and what is asked of them, to and from the generated messages.

What we write is what a Go peer writes: messages that Go cannot leave out are there, empty.
"""

from __future__ import annotations

import betterproto
from betterproto.lib.google.protobuf import Any as GoogleAny
from betterproto.lib.google.protobuf import Timestamp as GoogleTimestamp

from ..._generated import api
from ..._generated import diagnostics as messages
from ...modules.model import LevelOverride, Module, ModuleSpec, ModuleStatus, ObjectMeta, ServicePort
from ...modules.names import self_link_of
from ...modules.selectors.list_options import ListOptions
from ...protobuf.codec import make, opaque

MODULE_URL = "type.googleapis.com/diagnostics.Module"
_BILLION = 1_000_000_000


def message_of(module: Module) -> messages.Module:
    """``module`` as the API serves it, with the REST path as self-link."""
    return make(
        messages.Module,
        t=make(api.TypeMeta, kind=module.kind, api_version=module.api_version),
        o=_meta(module.meta),
        spec=_spec(module.spec),
        status=_status(module.status),
    )


def list_of(modules: list[bytes], total: int) -> messages.ModuleList:
    """The list of encoded Modules: thousands of messages at once would be made in one long stretch."""
    return make(
        messages.ModuleList,
        t=make(api.TypeMeta, kind="ModuleList", api_version="v1"),
        list_meta=make(api.ListMeta, total_count=total),
        items=[opaque(messages.Module, module) for module in modules],
    )


def event_of(type: str, module: Module) -> messages.AutoMsgModuleWatchHelperWatchEvent:
    """An event of AutoMsgModuleWatchHelper."""
    return make(messages.AutoMsgModuleWatchHelperWatchEvent, type=type, object=message_of(module))


def any_event_of(type: str, module: bytes) -> api.WatchEvent:
    """An event of api.WatchEventList, whose object is an Any of an encoded Module."""
    return make(api.WatchEvent, type=type, object=make(GoogleAny, type_url=MODULE_URL, value=module))


def initial_done() -> api.WatchEventList:
    """What says that the initial list is done."""
    return api.WatchEventList([api.WatchEvent(control=api.WatchControl(code=1))])


def module_of(message: messages.Module) -> Module:
    """What a caller gave; times of the object are the server's business."""
    meta, spec, status = message.o, message.spec, message.status
    return Module(
        meta=ObjectMeta(
            name=meta.name,
            tenant=meta.tenant,
            namespace=meta.namespace,
            generation_id=meta.generation_id,
            resource_version=meta.resource_version,
            uuid=meta.uuid,
            labels=meta.labels,
        ),
        spec=ModuleSpec(
            log_level=spec.log_level,
            enable_trace=spec.enable_trace,
            args=tuple(spec.args),
            override=_override(spec.override),
            loggers=spec.loggers,
        ),
        status=ModuleStatus(
            node=status.node,
            module=status.module,
            category=status.category,
            last_start=_time(status.last_start),
            restart_count=status.restart_count,
            last_restart_reason=status.last_restart_reason,
            service=status.service,
            service_ports=tuple(ServicePort(port.name, port.port) for port in status.service_ports),
            mac_address=status.mac_address,
        ),
    )


def options_of(message: api.ListWatchOptions) -> ListOptions:
    """What list and watch are asked for."""
    return ListOptions(
        name=message.o.name,
        resource_version=message.o.resource_version,
        label_selector=message.label_selector,
        field_selector=message.field_selector,
        field_change=tuple(message.field_change_selector),
        start=message.from_,
        max_results=message.max_results,
        sort_order=message.sort_order,
    )


def _meta(meta: ObjectMeta) -> api.ObjectMeta:
    return make(
        api.ObjectMeta,
        name=meta.name,
        tenant=meta.tenant,
        namespace=meta.namespace,
        generation_id=meta.generation_id,
        resource_version=meta.resource_version,
        uuid=meta.uuid,
        labels=meta.labels,
        creation_time=_timestamp(meta.creation_time),
        mod_time=_timestamp(meta.mod_time),
        self_link=self_link_of(meta.name),
    )


def _spec(spec: ModuleSpec) -> messages.ModuleSpec:
    made = make(
        messages.ModuleSpec,
        log_level=spec.log_level,
        enable_trace=spec.enable_trace,
        args=spec.args,
        loggers=spec.loggers,
    )
    if (override := spec.override) is not None:
        made.override = make(messages.LevelOverride, level=override.level, by=override.by, reason=override.reason)
        if override.until:
            made.override.until = _timestamp(override.until)
    return made


def _status(status: ModuleStatus) -> messages.ModuleStatus:
    made = make(
        messages.ModuleStatus,
        node=status.node,
        module=status.module,
        category=status.category,
        restart_count=status.restart_count,
        last_restart_reason=status.last_restart_reason,
        service=status.service,
        service_ports=[make(messages.ServicePort, name=port.name, port=port.port) for port in status.service_ports],
        mac_address=status.mac_address,
    )
    if status.last_start:
        made.last_start = _timestamp(status.last_start)
    return made


def _timestamp(nanoseconds: int) -> api.Timestamp:
    """The wrapper and Google's message in it; Go writes both also for 0."""
    seconds, nanos = divmod(nanoseconds, _BILLION)
    return make(api.Timestamp, time=make(GoogleTimestamp, seconds=seconds, nanos=nanos))


def _override(message: messages.LevelOverride) -> LevelOverride | None:
    if not betterproto.serialized_on_wire(message):
        return None
    return LevelOverride(message.level, _time(message.until), message.by, message.reason)


def _time(message: api.Timestamp) -> int:
    return message.time.seconds * _BILLION + message.time.nanos
