"""The writing half of the codec: messages into bytes, each field at the place that its number gives it."""

from __future__ import annotations

from math import copysign
from typing import Any

from .tables import BYTES, MAP, PLACEHOLDER, SHORT, TEXT, Field, table_of, values_of
from .wire import varint


def write(message: Any, out: list[bytes]) -> int:
    """Append the pieces of ``message`` to ``out``, the last one first, and say how many bytes they are."""
    table = table_of(type(message))
    values = values_of(message)
    unknown: bytes = values["_unknown_fields"]
    size = len(unknown)
    if unknown:
        out.append(unknown)
    for field in table.backwards:
        value = values[field.name]
        if value is PLACEHOLDER or value is None:
            continue
        if field.group and values["_group_current"][field.group] != field.name:
            continue
        if field.kind == MAP:
            for key, item in reversed(value.items()):
                size += _write_entry(field, key, item, out)
        elif not field.many:
            size += _write_value(field, value, out, field.always)
        elif field.number is not None:
            packed = b"".join(map(field.number.write, value))
            if packed:
                size += _put(field, packed, out)
        else:
            for item in reversed(value):
                size += _write_value(field, item, out, True)
    return size


def _write_entry(field: Field, key: Any, value: Any, out: list[bytes]) -> int:
    value_field, key_field = table_of(field.message).backwards
    size = _write_value(value_field, value, out, True) + _write_value(key_field, key, out, True)
    return size + _put_head(field, size, out)


def _write_value(field: Field, value: Any, out: list[bytes], always: bool) -> int:
    """One value, left out when it is its type's default, unless ``always``."""
    kind = field.kind
    if kind == TEXT:
        return _put(field, value.encode("utf-8", "replace"), out) if value or always else 0
    if field.number is not None:
        if not value and not always and copysign(1.0, value) > 0:
            return 0
        raw = field.number.write(value)
        out += (raw, field.tag)
        return len(raw) + len(field.tag)
    if kind == BYTES:
        if type(value) is tuple:
            size = sum(map(len, value))
            out += reversed(value)
            return size + _put_head(field, size, out)
        return _put(field, value, out) if value or always else 0
    message = field.to_message(value) if field.to_message else value
    size = write(message, out)
    if size or always or (not field.to_message and values_of(message)["_serialized_on_wire"]):
        return size + _put_head(field, size, out)
    return 0


def _put(field: Field, value: bytes, out: list[bytes]) -> int:
    out.append(value)
    return len(value) + _put_head(field, len(value), out)


def _put_head(field: Field, length: int, out: list[bytes]) -> int:
    head = field.heads[length] if length < SHORT else field.tag + varint(length)
    out.append(head)
    return len(head)
