"""The reading half of the codec: bytes into messages, as strictly as google.protobuf's C core reads them."""

from __future__ import annotations

from typing import Any

from ..errors import DecodeError
from .tables import BYTES, MAP, MESSAGE, NUMBER, PLACEHOLDER, TEXT, Field, Table, blank, filled, table_of, values_of
from .wire import FieldBudget, read_length, read_tag, read_varint, skip


class Reader(FieldBudget):
    """The reading of one message: what it may still take, and the messages in which something is unknown."""

    __slots__ = ("_max_depth", "_unknown")

    def __init__(self, max_fields: int, max_depth: int) -> None:
        super().__init__(max_fields)
        self._max_depth = max_depth
        self._unknown: dict[int, tuple[dict[str, Any], list[bytes]]] = {}

    def fill(self, table: Table, values: dict[str, Any], data: bytes, position: int, end: int, depth: int = 1) -> None:
        """Put the fields between ``position`` and ``end`` into ``values``, merging them with what is there."""
        if depth > self._max_depth:
            raise DecodeError("protobuf", f"messages nested deeper than {self._max_depth}")
        by_tag = table.by_tag
        while position < end:
            start = position
            tag = data[position]
            position += 1
            if tag > 127:
                number, kind, position = read_tag(data, start)
                tag = number << 3 | kind
            self.spend()
            found = by_tag.get(tag)
            if found is None:
                position = self._skip(values, data, start, tag, position, end)
                continue
            kind, many, field = found
            if kind == NUMBER:
                value, position = _read_number(field, data, position)
                if position > end:
                    raise IndexError
            else:
                length = data[position]
                first = position + 1
                if length > 127:
                    first, position = read_length(data, position, end)
                else:
                    position = first + length
                    if position > end:
                        read_length(data, first - 1, end)
                if kind == TEXT:
                    value = data[first:position].decode()
                elif kind == BYTES:
                    value = data[first:position]
                elif kind == MAP:
                    self._fill_map(field, values, data, first, position, depth)
                    continue
                elif kind == MESSAGE:
                    value = self._read_message(field, values, data, first, position, depth)
                else:
                    self._fill_packed(field, values, data, first, position)
                    continue
            if many:
                _append(field, values, value)
            elif field.group:
                _choose(values, field.group, field.name, value)
            else:
                values[field.name] = value

    def finish(self) -> None:
        """Keep what was unknown: joined once, for a peer may send it in ten thousand pieces."""
        for values, parts in self._unknown.values():
            values["_unknown_fields"] = b"".join(parts)

    def _skip(self, values: dict[str, Any], data: bytes, start: int, tag: int, position: int, end: int) -> int:
        if tag < 8:
            raise DecodeError("protobuf", f"field number 0 before byte {position}")
        stop = skip(data, position, end, tag >> 3, tag & 7, self)
        self._unknown.setdefault(id(values), (values, []))[1].append(data[start:stop])
        return stop

    def _read_message(
        self, field: Field, values: dict[str, Any], data: bytes, first: int, stop: int, depth: int
    ) -> Any:
        table = table_of(field.message)
        there = PLACEHOLDER if field.many else values[field.name]
        if there is PLACEHOLDER or there is None:
            inner = blank(table)
            message = filled(table, inner)
        else:
            # Twice: protobuf makes one message of them.
            message = field.to_message(there) if field.to_message else there
            inner = values_of(message)
        self.fill(table, inner, data, first, stop, depth + 1)
        return field.from_message(message) if field.from_message else message

    def _fill_map(self, field: Field, values: dict[str, Any], data: bytes, first: int, stop: int, depth: int) -> None:
        table = table_of(field.message)
        entry = table.template.copy()
        self.fill(table, entry, data, first, stop, depth + 1)
        key, value = entry["key"], entry["value"]
        if key is PLACEHOLDER:
            key = table.defaults["key"]()
        if value is PLACEHOLDER:
            value = table.defaults["value"]()
        there = values[field.name]
        if there is PLACEHOLDER:
            values[field.name] = {key: value}
        else:
            there[key] = value

    def _fill_packed(self, field: Field, values: dict[str, Any], data: bytes, position: int, end: int) -> None:
        while position < end:
            self.spend()
            value, position = _read_number(field, data, position)
            _append(field, values, value)
        if position > end:
            raise IndexError


def _read_number(field: Field, data: bytes, position: int) -> tuple[Any, int]:
    number = field.number
    assert number is not None
    if number.layout is None:
        bits, position = read_varint(data, position)
        return number.value(bits), position
    return number.layout.unpack_from(data, position)[0], position + number.layout.size


def _append(field: Field, values: dict[str, Any], value: Any) -> None:
    there = values[field.name]
    if there is PLACEHOLDER:
        values[field.name] = [value]
    else:
        there.append(value)


def _choose(values: dict[str, Any], group: str, name: str, value: Any) -> None:
    current = values["_group_current"]
    if current[group] is not None:
        values[current[group]] = PLACEHOLDER
    current[group] = name
    values[name] = value
