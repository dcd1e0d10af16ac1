"""google.protobuf's own classes for our messages, built from the descriptors that the generated package brings."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, unknown_fields

_LENGTH = 2


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    data = resources.files("corvo_agent._generated").joinpath("descriptors.binpb").read_bytes()
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        pool.Add(file)
    return pool


@cache
def google_class(name: str) -> Any:
    """The class of the message ``name``, such as "protos.Logs"."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(name))


def set_aside(message: Any, field: int) -> bool:
    """Whether google.protobuf's C core put an entry of the map in ``field`` among the unknown fields.

    It does so with an entry that has unknown fields itself; its C++, Java and Go siblings, and we, read the entry.
    """
    return any(each.field_number == field and each.wire_type == _LENGTH for each in unknown(message))


def unknown(message: Any) -> list[Any]:
    """The fields that its description does not know, with their ``field_number``, ``wire_type`` and ``data``."""
    fields = unknown_fields.UnknownFieldSet(message)
    return [fields[index] for index in range(len(fields))]
