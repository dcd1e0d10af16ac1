"""The fields of a Module as paths: what a field selector may name, and how its value is found and compared.

A path is written with the JSON keys (``spec.log-level``) or with the names of the original's structures
(``Spec.LogLevel``): both fold to the same text. Values are read from the frozen model, never from JSON, so a
selector over ten thousand objects builds nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from ...errors import InvalidArgument
from ...timestamps import parse_rfc3339
from ..decimal_text import natural, whole
from ..model import Module


class FieldType(enum.Enum):
    """How the values of a field are compared."""

    TEXT = "text"
    FOLDED = "text in any case"
    NUMBER = "number"
    TIME = "RFC 3339 time"
    FLAG = "true or false"


@dataclass(frozen=True, slots=True)
class ModuleField:
    """One path of the schema. ``values`` gives every value there, in a form that compares by ``type``."""

    path: str
    type: FieldType
    values: Callable[[Module], Iterable[Any]]

    def parse(self, text: str) -> Any:
        """``text`` of a selector in the form of ``values``; raises InvalidArgument naming the path."""
        if self.type is FieldType.NUMBER:
            return _number(self.path, text)
        if self.type is FieldType.TIME:
            return parse_rfc3339(text, f"field selector {self.path}")
        if self.type is FieldType.FLAG:
            return _flag(self.path, text)
        return text.casefold() if self.type is FieldType.FOLDED else text


def field(path: str) -> ModuleField:
    """The field that ``path`` names; ``meta.labels[app]`` and ``meta.labels[*]`` reach into a map.

    Raises InvalidArgument when the schema has no such field.
    """
    bare, index = _split_index(path)
    folded = _fold(bare)
    if folded in _MAPS:
        getter, name = _MAPS[folded]
        if index is None:
            raise InvalidArgument("field selector", path, f"{name} is a map, name its key as {name}[key]")
        return ModuleField(path, FieldType.TEXT, _map_values(getter, index))
    found = _FIELDS.get(folded)
    if found is None or (index is not None and (index != "*" or folded not in _LISTS)):
        raise InvalidArgument("field selector", path, "a Module has no such field")
    return found


def part(path: str) -> Callable[[Module], Any]:
    """What a field-change selector watches: a whole section (``Spec``) or one field; values compare by equality.

    Raises InvalidArgument when the schema has no such part.
    """
    folded = _fold(path)
    if folded in _SECTIONS:
        return _SECTIONS[folded]
    if folded in _MAPS:
        return _MAPS[folded][0]
    values = field(path).values
    return lambda module: tuple(values(module))


def _number(path: str, text: str) -> int:
    number = whole(text)
    if number is None:
        raise InvalidArgument(f"field selector {path}", text, "not a whole number")
    return number


def _flag(path: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise InvalidArgument(f"field selector {path}", text, "not true or false")
    return text.lower() == "true"


def _split_index(path: str) -> tuple[str, str | None]:
    """``a.b[key]`` as ("a.b", "key"); an index in the middle, as in ``a[*].c``, must be ``[*]`` and is dropped."""
    head, bracket, rest = path.partition("[")
    if not bracket:
        return path, None
    index, bracket, tail = rest.partition("]")
    # ``service-ports[*].port`` is how the original writes it; a list has no other index here.
    if not bracket or not index or (tail and (index != "*" or not tail.startswith("."))):
        raise InvalidArgument("field selector", path, "an index is written as [key] or [*]")
    return head + tail, index


def _fold(path: str) -> str:
    text = path.replace("-", "").lower()
    head, dot, tail = text.partition(".")
    # The original's names of the embedded structures.
    head = {"o": "meta", "objectmeta": "meta"}.get(head, head)
    if head == "t" or head == "typemeta":
        return tail
    return head + dot + tail


def _map_values(getter: Callable[[Module], Mapping[str, str]], index: str) -> Callable[[Module], Iterable[str]]:
    if index == "*":
        return lambda module: getter(module).values()

    def one(module: Module) -> Iterable[str]:
        entries = getter(module)
        return (entries[index],) if index in entries else ()

    return one


def _single(attribute: str) -> Callable[[Module], Iterable[Any]]:
    getter = attrgetter(attribute)
    return lambda module: (getter(module),)


def _folded(attribute: str) -> Callable[[Module], Iterable[str]]:
    getter = attrgetter(attribute)
    return lambda module: (getter(module).casefold(),)


def _decimal(attribute: str) -> Callable[[Module], Iterable[int]]:
    # Generation and version are decimal text in the contract, numbers in meaning.
    getter = attrgetter(attribute)

    def values(module: Module) -> Iterable[int]:
        number = natural(getter(module))
        return () if number is None else (number,)

    return values


def _each(attribute: str, item: str = "") -> Callable[[Module], Iterable[Any]]:
    getter = attrgetter(attribute)
    if not item:
        return getter
    inner = attrgetter(item)
    return lambda module: tuple(inner(value) for value in getter(module))


_TEXT, _TIME = FieldType.TEXT, FieldType.TIME
_TABLE = (
    ModuleField("kind", _TEXT, _single("kind")),
    ModuleField("api-version", _TEXT, _single("api_version")),
    ModuleField("meta.name", _TEXT, _single("meta.name")),
    ModuleField("meta.tenant", _TEXT, _single("meta.tenant")),
    ModuleField("meta.namespace", _TEXT, _single("meta.namespace")),
    ModuleField("meta.generation-id", FieldType.NUMBER, _decimal("meta.generation_id")),
    ModuleField("meta.resource-version", FieldType.NUMBER, _decimal("meta.resource_version")),
    ModuleField("meta.uuid", _TEXT, _single("meta.uuid")),
    ModuleField("meta.creation-time", _TIME, _single("meta.creation_time")),
    ModuleField("meta.mod-time", _TIME, _single("meta.mod_time")),
    ModuleField("meta.self-link", _TEXT, _single("meta.self_link")),
    ModuleField("spec.log-level", FieldType.FOLDED, _folded("spec.log_level")),
    ModuleField("spec.enable-trace", FieldType.FLAG, _single("spec.enable_trace")),
    ModuleField("spec.args", _TEXT, _each("spec.args")),
    ModuleField("status.node", _TEXT, _single("status.node")),
    ModuleField("status.module", _TEXT, _single("status.module")),
    ModuleField("status.category", FieldType.FOLDED, _folded("status.category")),
    ModuleField("status.last-start", _TIME, _single("status.last_start")),
    ModuleField("status.restart-count", FieldType.NUMBER, _single("status.restart_count")),
    ModuleField("status.last-restart-reason", _TEXT, _single("status.last_restart_reason")),
    ModuleField("status.service", _TEXT, _single("status.service")),
    ModuleField("status.service-ports.name", _TEXT, _each("status.service_ports", "name")),
    ModuleField("status.service-ports.port", FieldType.NUMBER, _each("status.service_ports", "port")),
    ModuleField("status.mac-address", _TEXT, _single("status.mac_address")),
)
_FIELDS = {_fold(entry.path): entry for entry in _TABLE}
_FIELDS["name"] = _FIELDS["meta.name"]
_LISTS = {"spec.args", "status.serviceports.name", "status.serviceports.port"}
_MAPS: dict[str, tuple[Callable[[Module], Mapping[str, str]], str]] = {
    "meta.labels": (attrgetter("meta.labels"), "meta.labels"),
}
_SECTIONS: dict[str, Callable[[Module], Any]] = {
    "meta": attrgetter("meta"),
    "spec": attrgetter("spec"),
    "status": attrgetter("status"),
    "status.serviceports": attrgetter("status.service_ports"),
}
