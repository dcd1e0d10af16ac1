"""Descriptions of services for reflection: our own files, and those that the host's google.protobuf knows.

google.protobuf is not imported for it. Its default pool is the host's: whatever is put into it under a name that the
host's own modules bring as well makes their import fail.

The format is descriptor.proto, as protoc writes it: FileDescriptorSet for ours, FileDescriptorProto for each file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Protocol

from ...protobuf.wire import LENGTH, decodes, fields

# Kinds of declarations: the fields of each that hold further ones, and of which kind those are.
_FILE, _MESSAGE, _ENUM, _SERVICE, _NAME = range(5)
_INNER: dict[int, dict[int, int]] = {
    _FILE: {4: _MESSAGE, 5: _ENUM, 6: _SERVICE, 7: _NAME},
    _MESSAGE: {2: _NAME, 3: _MESSAGE, 4: _ENUM, 6: _NAME, 8: _NAME},
    _ENUM: {2: _NAME},
    _SERVICE: {2: _NAME},
    _NAME: {},
}


@dataclass(frozen=True, slots=True)
class ProtoFile:
    """A .proto file: its name, its FileDescriptorProto as bytes, and the names of the files that it imports."""

    name: str
    data: bytes
    dependencies: tuple[str, ...]


class Descriptors(Protocol):
    """Where descriptions are looked up."""

    def by_name(self, name: str) -> ProtoFile | None:
        """The file called ``name``, None when it is not known."""
        ...

    def by_symbol(self, symbol: str) -> ProtoFile | None:
        """The file that declares ``symbol``, a name with its package; None when it is not known."""
        ...

    def has_message(self, name: str) -> bool:
        """Whether ``name``, with its package, is a message that can be described."""
        ...


class DescriptorSet:
    """The files of a FileDescriptorSet. Raises DecodeError for what is none."""

    def __init__(self, data: bytes) -> None:
        self._files: dict[str, ProtoFile] = {}
        self._symbols: dict[str, ProtoFile] = {}
        self._messages: set[str] = set()
        for file in _files(data):
            self._files[file.name] = file
            for symbol, kind in _declared(file.data):
                self._symbols[symbol] = file
                if kind == _MESSAGE:
                    self._messages.add(symbol)

    def by_name(self, name: str) -> ProtoFile | None:
        """See Descriptors."""
        return self._files.get(name)

    def by_symbol(self, symbol: str) -> ProtoFile | None:
        """See Descriptors."""
        return self._symbols.get(symbol)

    def has_message(self, name: str) -> bool:
        """See Descriptors."""
        return name in self._messages


class HostDescriptors:
    """What google.protobuf's default pool holds, when the host has imported google.protobuf; else nothing."""

    def by_name(self, name: str) -> ProtoFile | None:
        """See Descriptors."""
        return _proto_file(_ask_host("FindFileByName", name))

    def by_symbol(self, symbol: str) -> ProtoFile | None:
        """See Descriptors."""
        return _proto_file(_ask_host("FindFileContainingSymbol", symbol))

    def has_message(self, name: str) -> bool:
        """See Descriptors."""
        return _ask_host("FindMessageTypeByName", name) is not None


@cache
def own_descriptors() -> DescriptorSet:
    """The description of our services and messages. Reads a small file at its first call."""
    return DescriptorSet(resources.files("corvo_agent._generated").joinpath("descriptors.binpb").read_bytes())


def find(sources: Sequence[Descriptors], look_up: Callable[[Descriptors], ProtoFile | None]) -> Iterator[ProtoFile]:
    """The file that ``look_up`` finds in the first source that has it, and after it all that it imports, once each.

    Imports come from the same source: the same name may be another file elsewhere. Nothing when no source has it.
    """
    for source in sources:
        file = look_up(source)
        if file is not None:
            yield from _with_imports(source, file)
            return


def _with_imports(source: Descriptors, file: ProtoFile) -> Iterator[ProtoFile]:
    seen = {file.name}
    left = [file]
    while left:
        file = left.pop()
        yield file
        new = [name for name in file.dependencies if name not in seen]
        seen.update(new)
        left += [found for name in new if (found := source.by_name(name)) is not None]


@decodes("FileDescriptorSet")
def _files(data: bytes) -> list[ProtoFile]:
    return [
        _read_file(data[start:stop])
        for number, kind, start, stop in fields(data, 0, len(data))
        if number == 1 and kind == LENGTH
    ]


def _read_file(data: bytes) -> ProtoFile:
    name, dependencies = "", []
    for number, kind, start, stop in fields(data, 0, len(data)):
        if kind == LENGTH and number == 1:
            name = data[start:stop].decode()
        elif kind == LENGTH and number == 3:
            dependencies.append(data[start:stop].decode())
    return ProtoFile(name, data, tuple(dependencies))


@decodes("FileDescriptorProto")
def _declared(data: bytes) -> list[tuple[str, int]]:
    """Every name that a file declares, with its package, and the kind of what it names."""
    package = _text(data, 0, len(data), 2)
    return list(_inside(data, 0, len(data), _FILE, package))


def _inside(data: bytes, start: int, stop: int, kind: int, scope: str) -> Iterator[tuple[str, int]]:
    for number, wire_type, low, high in fields(data, start, stop):
        inner = _INNER[kind].get(number)
        if inner is None or wire_type != LENGTH:
            continue
        name = _text(data, low, high, 1)
        full = f"{scope}.{name}" if scope else name
        yield full, inner
        # The values of an enum are named beside it, not in it: protobuf's rule, taken from C++.
        yield from _inside(data, low, high, inner, scope if inner == _ENUM else full)


def _text(data: bytes, start: int, stop: int, field: int) -> str:
    found = ""
    for number, kind, low, high in fields(data, start, stop):
        if number == field and kind == LENGTH:
            found = data[low:high].decode()
    return found


def _ask_host(method: str, name: str) -> Any:
    # Asked for in sys.modules, not imported. The attribute is missing while another thread still imports it.
    default = getattr(sys.modules.get("google.protobuf.descriptor_pool"), "Default", None)
    if default is None:
        return None
    try:
        return getattr(default(), method)(name)
    except KeyError:
        return None


def _proto_file(descriptor: Any) -> ProtoFile | None:
    if descriptor is None:
        return None
    dependencies = tuple(each.name for each in descriptor.dependencies)
    return ProtoFile(descriptor.name, descriptor.serialized_pb, dependencies)
