"""Our files are described as google.protobuf describes them, and the host's only when it has google.protobuf."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool

from corvo_agent.diagnostics.introspection.descriptors import DescriptorSet, HostDescriptors, find, own_descriptors
from corvo_agent.errors import DecodeError

DATA = resources.files("corvo_agent._generated").joinpath("descriptors.binpb").read_bytes()
FILES = descriptor_pb2.FileDescriptorSet.FromString(DATA).file


def message_names(message: Any) -> Iterator[str]:
    yield message.full_name
    yield from (each.full_name for each in (*message.fields, *message.oneofs))
    for enum in message.enum_types:
        yield from (enum.full_name, *(f"{message.full_name}.{value.name}" for value in enum.values))
    for nested in message.nested_types:
        yield from message_names(nested)


def names(file: Any) -> Iterator[str]:
    for message in file.message_types_by_name.values():
        yield from message_names(message)
    for enum in file.enum_types_by_name.values():
        yield from (enum.full_name, *(f"{file.package}.{value.name}" for value in enum.values))
    for service in file.services_by_name.values():
        yield from (service.full_name, *(method.full_name for method in service.methods))


def test_every_name_leads_to_the_file_that_declares_it() -> None:
    pool = descriptor_pool.DescriptorPool()
    ours = DescriptorSet(DATA)
    for proto in FILES:
        pool.Add(proto)
    for proto in FILES:
        expected = list(names(pool.FindFileByName(proto.name)))
        assert expected
        for name in expected:
            found = ours.by_symbol(name)
            assert found is not None, name
            assert descriptor_pb2.FileDescriptorProto.FromString(found.data) == proto
            assert found.dependencies == tuple(proto.dependency)
    assert ours.has_message("protos.Logs.") is False
    assert [ours.has_message(name) for name in ("protos.Logs", "protos.Diagnostics")] == [True, False]


def test_a_file_comes_with_what_it_imports_once_each() -> None:
    found = [file.name for file in find([own_descriptors()], lambda source: source.by_symbol("protos.Diagnostics"))]
    assert found[0] == "protos/diagnostics.proto"
    assert sorted(found[1:]) == [
        "api/meta.proto",
        "diagnostics/module.proto",
        "diagnostics/svc_diagnostics.proto",
        "google/protobuf/any.proto",
        "google/protobuf/timestamp.proto",
    ]
    assert list(find([own_descriptors()], lambda source: source.by_name("no.proto"))) == []


@pytest.mark.parametrize("data", [b"\x0a\x05abc", b"\x0a\x02\x0a\x05", b"\x0a\x03\x0a\x01\xff", b"\xff"])
def test_what_is_no_descriptor_set_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match="FileDescriptor"):
        DescriptorSet(data)


def test_what_the_host_has_described_is_found() -> None:
    host = HostDescriptors()
    found = host.by_symbol("google.protobuf.Any")
    assert found is not None
    assert (found.name, found.data) == (any_pb2.DESCRIPTOR.name, any_pb2.DESCRIPTOR.serialized_pb)
    assert host.by_name(found.name) == found
    assert host.has_message("google.protobuf.Any")
    assert (host.by_name("no.proto"), host.by_symbol("no.Such"), host.has_message("no.Such")) == (None, None, False)


def test_a_host_without_google_protobuf_has_described_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "google.protobuf.descriptor_pool")
    assert HostDescriptors().by_symbol("google.protobuf.Any") is None
