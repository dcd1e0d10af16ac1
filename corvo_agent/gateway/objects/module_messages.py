"""Modules, and what is asked of them, to and from the generated messages.

What we write is what a Go peer writes: messages that Go cannot leave out are there, empty.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

import betterproto
from betterproto.lib.google.protobuf import Any as GoogleAny
from betterproto.lib.google.protobuf import Timestamp as GoogleTimestamp

from ..._generated import api
from ..._generated import diagnostics as messages
from ...modules.announcing.endpoint import AppliedLevel
from ...modules.controls.control import Control
from ...modules.json.codec import module_to_dict
from ...modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta, ServicePort
from ...modules.module_level import ModuleLevel
from ...modules.names import self_link_of
from ...modules.selectors.list_options import ListOptions
from ...protobuf.codec import decode, make, opaque

P = TypeVar("P")

MODULE_URL = "type.googleapis.com/diagnostics.Module"
_BILLION = 1_000_000_000


def message_of(module: Module, level: ModuleLevel | None = None) -> messages.Module:
    """``module`` as the API serves it, with the REST path as self-link, and what lies beside it by ``level``."""
    beside: dict[str, Any] = {}
    if level is not None and level.controls:
        beside["controls"] = [_control(control) for control in level.controls]
    if level is not None and level.applied is not None:
        beside["applied"] = _applied(level.applied)
    return make(
        messages.Module,
        t=make(api.TypeMeta, kind=module.kind, api_version=module.api_version),
        o=_message(replace(module.meta, self_link=self_link_of(module.name))),
        spec=_message(module.spec),
        status=_message(module.status),
        **beside,
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
    """What says that the initial lists of a watch with several options are done."""
    control = api.WatchControl(code=1, message="Listing for multipath watch complete")
    return api.WatchEventList([api.WatchEvent(type="Control", control=control)])


def module_of(message: messages.Module) -> Module:
    """What a caller gave; the times of the object and its self-link are the server's business."""
    meta = replace(_part(ObjectMeta, message.o), creation_time=0, mod_time=0, self_link="")
    return replace(_module(message), meta=meta)


def module_json(data: bytes) -> dict[str, Any]:
    """The JSON of an encoded Module, whatever it says; raises DecodeError for bytes that are none."""
    module = _module(decode(messages.Module, data))
    return module_to_dict(module, self_link=module.meta.self_link)


def _module(message: messages.Module) -> Module:
    parts = _part(ObjectMeta, message.o), _part(ModuleSpec, message.spec), _part(ModuleStatus, message.status)
    return Module(*parts, kind=message.t.kind, api_version=message.t.api_version)


def options_of(message: api.ListWatchOptions) -> ListOptions:
    """What list and watch are asked for."""
    return ListOptions(
        name=message.o.name,
        tenant=message.o.tenant,
        resource_version=message.o.resource_version,
        label_selector=message.label_selector,
        field_selector=message.field_selector,
        field_change=tuple(message.field_change_selector),
        start=message.from_,
        max_results=message.max_results,
        sort_order=message.sort_order,
    )


# The parts of the model, whose fields are named as those of their messages.
_MESSAGES: dict[type[Any], type[betterproto.Message]] = {
    ObjectMeta: api.ObjectMeta,
    ModuleSpec: messages.ModuleSpec,
    ModuleStatus: messages.ModuleStatus,
    ServicePort: messages.ServicePort,
}
_NAMES = {part: tuple(field.name for field in fields(part)) for part in _MESSAGES}
# Nanoseconds in the model; those that Go writes also when they are 0 come first.
_ALWAYS = ("creation_time", "mod_time")
_TIMES = (*_ALWAYS, "last_start")


def _control(control: Control) -> messages.LevelControl:
    scope = control.scope if isinstance(control.scope, str) else ",".join(control.scope)
    return make(
        messages.LevelControl,
        id=control.id,
        level=control.level,
        logger=control.logger,
        scope=scope,
        by=control.by,
        reason=control.reason,
        revision=str(control.revision),
        **({"until": _timestamp(control.until)} if control.until else {}),
    )


def _applied(level: AppliedLevel) -> messages.AppliedLevel:
    times = {name: getattr(level, name) for name in ("since", "until")}
    return make(
        messages.AppliedLevel,
        level=level.level,
        source=level.source,
        by=level.by,
        reason=level.reason,
        loggers=dict(level.loggers),
        logger_ends={name: _timestamp(end) for name, end in level.logger_ends.items()},
        wanted=level.wanted,
        fault=level.fault,
        only_shown=level.only_shown,
        **{name: _timestamp(time) for name, time in times.items() if time},
    )


def _timestamp(nanoseconds: int) -> api.Timestamp:
    seconds, nanos = divmod(nanoseconds, _BILLION)
    return make(api.Timestamp, time=make(GoogleTimestamp, seconds=seconds, nanos=nanos))


def _message(part: Any) -> Any:
    """The message of a part of the model."""
    values = {}
    for name in _NAMES[type(part)]:
        value = getattr(part, name)
        if name in _TIMES:
            if not value and name not in _ALWAYS:
                continue
            value = _timestamp(value)
        elif name == "service_ports":
            value = [_message(port) for port in value]
        values[name] = value
    return make(_MESSAGES[type(part)], **values)


def _part(part: type[P], message: Any) -> P:
    """The part of the model that a message is."""
    values = {}
    for name in _NAMES[part]:
        value = getattr(message, name)
        if name in _TIMES:
            value = value.time.seconds * _BILLION + value.time.nanos
        elif name == "service_ports":
            value = tuple(_part(ServicePort, port) for port in value)
        elif name == "args":
            value = tuple(value)
        values[name] = value
    return part(**values)
