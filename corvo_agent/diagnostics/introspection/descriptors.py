"""Descriptions of services for reflection: our own files, and those that the host's google.protobuf knows.

google.protobuf is not imported for it. Its default pool is the host's: whatever is put into it under a name that the
host's own modules bring as well makes their import fail.

The format is descriptor.proto, as protoc writes it: a FileDescriptorSet.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Protocol

from betterproto.lib.google.protobuf import DescriptorProto, EnumDescriptorProto, FileDescriptorProto

from ...protobuf.codec import decode
from ...protobuf.wire import LENGTH, decodes, fields

_MAX_FIELDS = 100_000


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
        for each in _files(data):
            described = decode(FileDescriptorProto, each, max_fields=_MAX_FIELDS)
            file = ProtoFile(described.name, each, tuple(described.dependency))
            self._files[file.name] = file
            messages = list(_messages(described.package, described.message_type))
            self._messages.update(name for name, _ in messages)
            self._symbols.update(dict.fromkeys(_symbols(described, messages), file))

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
def _files(data: bytes) -> list[bytes]:
    """Each file as it was written: reflection hands it on like that."""
    found = fields(data, 0, len(data))
    return [data[start:stop] for number, kind, start, stop in found if number == 1 and kind == LENGTH]


def _messages(scope: str, messages: Iterable[DescriptorProto]) -> Iterator[tuple[str, DescriptorProto]]:
    """Each message and those declared in it, with its full name."""
    for message in messages:
        name = f"{scope}.{message.name}"
        yield name, message
        yield from _messages(name, message.nested_type)


def _symbols(file: FileDescriptorProto, messages: Iterable[tuple[str, DescriptorProto]]) -> Iterator[str]:
    """The full name of everything that the file declares."""
    yield from _of_enums(file.package, file.enum_type)
    yield from (f"{file.package}.{extension.name}" for extension in file.extension)
    for service in file.service:
        yield f"{file.package}.{service.name}"
        yield from (f"{file.package}.{service.name}.{method.name}" for method in service.method)
    for name, message in messages:
        yield name
        inside: tuple[Any, ...] = (*message.field, *message.extension, *message.oneof_decl)
        yield from (f"{name}.{each.name}" for each in inside)
        yield from _of_enums(name, message.enum_type)


def _of_enums(scope: str, enums: Iterable[EnumDescriptorProto]) -> Iterator[str]:
    for enum in enums:
        # The values of an enum are named beside it, not in it: protobuf's rule, taken from C++.
        yield f"{scope}.{enum.name}"
        yield from (f"{scope}.{value.name}" for value in enum.value)


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
