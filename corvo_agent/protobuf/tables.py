"""What the codec needs to know of a betterproto class, read once from the class's own field table.

This folder knows betterproto 2.0's messages from inside: values lie in ``__dict__``, PLACEHOLDER for those never set;
``_serialized_on_wire`` says that the message was set, ``_unknown_fields`` holds what no field was found for,
``_group_current`` the member that each oneof has. Its tests hold that to betterproto's own ``parse()`` and ``bytes()``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import betterproto

from .scalars import NUMBERS, Number, enumeration
from .wire import LENGTH, varint

#: How a field's value lies on the wire.
TEXT, MESSAGE, MAP, BYTES, NUMBER, PACKED = range(6)
PLACEHOLDER: Any = betterproto.PLACEHOLDER

_KINDS = {
    betterproto.TYPE_STRING: TEXT,
    betterproto.TYPE_BYTES: BYTES,
    betterproto.TYPE_MESSAGE: MESSAGE,
    betterproto.TYPE_MAP: MAP,
}
#: Lengths below it take one byte.
SHORT = 128
_Convert = Callable[[Any], Any] | None


class Field:
    """One field.

    ``number`` reads and writes numbers; ``message`` is the class of messages, for a map that of its entries.
    ``to_message`` and ``from_message`` are for messages that Python has a type of its own for, such as datetime.
    ``tag`` stands before each value, ``heads[n]`` is the tag and the length ``n``. ``always``: a default is written
    as well, for it is another thing than no value.
    """

    def __init__(self, name: str, meta: Any, python_type: Any, many: bool) -> None:
        self.name = name
        self.many = many
        self.group: str | None = meta.group
        self.always = bool(meta.group or meta.optional or meta.wraps)
        self.number: Number | None = NUMBERS.get(meta.proto_type)
        if meta.proto_type == betterproto.TYPE_ENUM:
            self.number = enumeration(python_type.try_value)
        self.kind = NUMBER if self.number else _KINDS[meta.proto_type]
        self.message, self.to_message, self.from_message = _converted(python_type, meta.wraps)
        wire_type = self.number.wire_type if self.number and not many else LENGTH
        self.tag = varint(meta.number << 3 | wire_type)
        self.heads = [self.tag + varint(length) for length in range(SHORT)]


def _converted(python_type: Any, wraps: str | None) -> tuple[Any, _Convert, _Convert]:
    """The message class of a field, and how its messages become Python's own values and back."""
    if wraps:
        wrapper = betterproto._get_wrapper(wraps)
        return wrapper, lambda value: wrapper(value=value), lambda message: message.value
    if python_type is datetime:
        return betterproto._Timestamp, betterproto._Timestamp.from_datetime, betterproto._Timestamp.to_datetime
    if python_type is timedelta:
        return betterproto._Duration, betterproto._Duration.from_timedelta, betterproto._Duration.to_timedelta
    return python_type, None, None


class Table:
    """One class: its fields by tag for reading (with the kind and whether there are many), in order for writing.

    ``template`` is the ``__dict__`` of a message without a value, ``members`` the oneof that each field of one is in.
    """

    def __init__(self, message: type[betterproto.Message]) -> None:
        own: Any = getattr(message, "_betterproto")  # noqa: B009 - not typed as a property of classes
        self.message = message
        self.members: dict[str, str] = own.oneof_group_by_field
        self.groups = tuple(own.oneof_field_by_group)
        self.defaults: dict[str, Callable[[], Any]] = own.default_gen
        self.by_tag: dict[int, tuple[int, bool, Field]] = {}
        fields: dict[int, Field] = {}
        self.template: dict[str, Any] = {}
        for name, meta in own.meta_by_field_name.items():
            field = Field(name, meta, own.cls_by_field[name], own.default_gen[name] is list)
            fields[meta.number] = field
            self._add(field, meta.number << 3)
            self.template[name] = None if meta.optional else PLACEHOLDER
        self.template |= {"_serialized_on_wire": True, "_unknown_fields": b"", "_group_current": {}}
        #: Highest number first: the codec writes from the end.
        self.backwards = tuple(fields[number] for number in sorted(fields, reverse=True))

    def _add(self, field: Field, tag: int) -> None:
        if field.number is not None:
            self.by_tag[tag | field.number.wire_type] = NUMBER, field.many, field
            if field.many:
                # Written packed, as proto3 says; read either way.
                self.by_tag[tag | LENGTH] = PACKED, True, field
        else:
            self.by_tag[tag | LENGTH] = field.kind, field.many, field
        if field.kind == MAP:
            for part in table_of(field.message).backwards:
                part.always = True


_tables: dict[type, Table] = {}


def table_of(message: type) -> Table:
    """The table of a betterproto class, made at its first use; TypeError for any other class."""
    table = _tables.get(message)
    if table is None:
        if not issubclass(message, betterproto.Message):
            raise TypeError(f"{message.__name__} is not a betterproto message")
        table = _tables[message] = Table(message)
    return table


def blank(table: Table) -> dict[str, Any]:
    """The values of a message that has none yet."""
    values = table.template.copy()
    if table.groups:
        values["_group_current"] = dict.fromkeys(table.groups)
    return values


def filled(table: Table, values: dict[str, Any]) -> Any:
    """The message that ``values`` are those of, without its constructor: that takes ten times as long."""
    message = object.__new__(table.message)
    object.__setattr__(message, "__dict__", values)
    return message


def values_of(message: betterproto.Message) -> dict[str, Any]:
    """The values of a message; its own way to them makes a default for what was never set."""
    values: dict[str, Any] = object.__getattribute__(message, "__dict__")
    return values
