"""Modules and the messages around them as protobuf, both ways."""

from __future__ import annotations

from collections.abc import Iterable

from ...modules.model import LevelOverride, Module, ModuleSpec, ModuleStatus, ObjectMeta, ServicePort
from ...modules.names import self_link_of
from ...modules.selectors.list_options import ListOptions
from ...protobuf.wire import decodes
from .proto_fields import Fields, put_integer, put_map, put_message, put_text, put_texts, put_time

MODULE_URL = "type.googleapis.com/diagnostics.Module"


def encode_module(module: Module) -> bytes:
    """diagnostics.Module as the API serves it, with the REST path as self-link."""
    head = put_text(1, module.kind) + put_text(2, module.api_version)
    parts = (head, _meta(module), _spec(module.spec), _status(module.status))
    return b"".join(put_message(number, part) for number, part in enumerate(parts, 1))


def encode_list(modules: Iterable[bytes], total: int) -> bytes:
    """diagnostics.ModuleList of encoded Modules."""
    head = put_message(2, put_text(1, "ModuleList") + put_text(2, "v1")) + put_message(3, put_integer(2, total))
    return head + b"".join([put_message(4, module) for module in modules])


def encode_event(type: str, module: bytes) -> bytes:
    """An event of AutoMsgModuleWatchHelper."""
    return put_message(1, put_text(1, type) + put_message(2, module))


def encode_any_event(type: str, module: bytes) -> bytes:
    """An event of api.WatchEventList, whose object is an Any."""
    return put_message(1, put_text(1, type) + put_message(2, put_text(1, MODULE_URL) + put_message(2, module)))


#: api.WatchEventList that says that the initial list is done.
INITIAL_DONE = put_message(1, put_message(3, put_integer(1, 1)))


@decodes("diagnostics.Module")
def decode_module(data: bytes) -> Module:
    """What a caller gave; DecodeError for malformed bytes."""
    message = Fields(data)
    meta, spec, status = message.message(2), message.message(3), message.message(4)
    return Module(
        meta=ObjectMeta(
            name=meta.text(1),
            tenant=meta.text(2),
            namespace=meta.text(3),
            generation_id=meta.text(4),
            resource_version=meta.text(5),
            uuid=meta.text(6),
            labels=meta.text_map(7),
        ),
        spec=ModuleSpec(
            log_level=spec.text(1),
            enable_trace=spec.flag(2),
            args=spec.texts(3),
            override=_override(spec.message(101)) if spec.has(101) else None,
            loggers=spec.text_map(102),
        ),
        status=ModuleStatus(
            node=status.text(1),
            module=status.text(2),
            category=status.text(3),
            last_start=status.time(4),
            restart_count=status.integer(5),
            last_restart_reason=status.text(6),
            service=status.text(7),
            service_ports=tuple(ServicePort(port.text(1), port.integer(2)) for port in status.messages(8)),
            mac_address=status.text(9),
        ),
    )


@decodes("api.Label")
def decode_label(data: bytes) -> tuple[str, dict[str, str], str]:
    """Name, labels and version of an api.Label; DecodeError for malformed bytes."""
    meta = Fields(data).message(2)
    return meta.text(1), meta.text_map(7), meta.text(5)


@decodes("api.ListWatchOptions")
def decode_options(data: bytes) -> ListOptions:
    """What list and watch are asked for; DecodeError for malformed bytes."""
    return _options(Fields(data))


@decodes("api.AggWatchOptions")
def decode_aggregate(data: bytes) -> list[tuple[str, ListOptions]]:
    """Kind and options of each part of a watch over kinds; DecodeError for malformed bytes."""
    return [(part.text(3), _options(part.message(4))) for part in Fields(data).messages(2)]


def _options(message: Fields) -> ListOptions:
    meta = message.message(1)
    return ListOptions(
        name=meta.text(1),
        resource_version=meta.text(5),
        label_selector=message.text(2),
        field_selector=message.text(3),
        field_change=message.texts(5),
        start=message.integer(6),
        max_results=message.integer(7),
        sort_order=message.text(8),
    )


def _override(message: Fields) -> LevelOverride:
    return LevelOverride(message.text(1), message.time(2), message.text(3), message.text(4))


def _meta(module: Module) -> bytes:
    meta = module.meta
    return b"".join(
        (
            put_text(1, meta.name),
            put_text(2, meta.tenant),
            put_text(3, meta.namespace),
            put_text(4, meta.generation_id),
            put_text(5, meta.resource_version),
            put_text(6, meta.uuid),
            put_map(7, meta.labels),
            put_time(8, meta.creation_time),
            put_time(9, meta.mod_time),
            put_text(10, self_link_of(meta.name)),
        )
    )


def _spec(spec: ModuleSpec) -> bytes:
    override = b""
    if spec.override is not None:
        until = put_time(2, spec.override.until) if spec.override.until else b""
        texts = put_text(3, spec.override.by) + put_text(4, spec.override.reason)
        override = put_message(101, put_text(1, spec.override.level) + until + texts)
    plain = put_text(1, spec.log_level) + put_integer(2, spec.enable_trace) + put_texts(3, spec.args)
    return plain + override + put_map(102, spec.loggers)


def _status(status: ModuleStatus) -> bytes:
    return b"".join(
        (
            put_text(1, status.node),
            put_text(2, status.module),
            put_text(3, status.category),
            put_time(4, status.last_start) if status.last_start else b"",
            put_integer(5, status.restart_count),
            put_text(6, status.last_restart_reason),
            put_text(7, status.service),
            *(put_message(8, put_text(1, port.name) + put_integer(2, port.port)) for port in status.service_ports),
            put_text(9, status.mac_address),
        )
    )
