"""ServerReflectionRequest and ServerReflectionResponse as bytes; v1 and v1alpha of the protocol write the same.

The messages are those of gRPC's "Server Reflection Protocol" (grpc/reflection/v1/reflection.proto).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from grpclib.const import Status

from ...protobuf.wire import LENGTH, FieldBudget, decodes, delimited, fields, text, varint

_HOST = 1
_MAX_FIELDS = 100


class Question(IntEnum):
    """What is asked: the field of the request's oneof."""

    FILE_BY_NAME = 3
    FILE_OF_SYMBOL = 4
    FILE_OF_EXTENSION = 5
    EXTENSIONS_OF_TYPE = 6
    LIST_SERVICES = 7


_QUESTIONS = frozenset(Question)


@dataclass(frozen=True, slots=True)
class ReflectionRequest:
    """A question and its subject: a file, a symbol or a message. ``data`` are the request's own bytes."""

    data: bytes
    host: str = ""
    question: Question | None = None
    subject: str = ""


@decodes("ServerReflectionRequest")
def decode_request(data: bytes) -> ReflectionRequest:
    """The request in ``data``; of several questions in it the last counts. Raises DecodeError."""
    budget = FieldBudget(_MAX_FIELDS)
    host, question, subject = "", None, ""
    for number, kind, start, stop in fields(data, 0, len(data), budget):
        if kind != LENGTH:
            continue
        if number == _HOST:
            host = data[start:stop].decode()
        elif number in _QUESTIONS:
            question = Question(number)
            inner = question is Question.FILE_OF_EXTENSION
            subject = _extended(data, start, stop, budget) if inner else data[start:stop].decode()
    return ReflectionRequest(data, host, question, subject)


def answer(request: ReflectionRequest, message: bytes) -> bytes:
    """A response to ``request`` whose answer is ``message``, one of those below; the request is in it, as asked for."""
    host = delimited(1, text(request.host)) if request.host else b""
    return host + delimited(2, request.data) + message


def files(descriptors: Iterable[bytes]) -> bytes:
    """The files that were asked for, each a FileDescriptorProto."""
    return delimited(4, b"".join(delimited(1, each) for each in descriptors))


def no_extensions(message: str) -> bytes:
    """That the message of this name is known and has no extensions."""
    return delimited(5, delimited(1, text(message)))


def services(names: Iterable[str]) -> bytes:
    """The names of the services."""
    return delimited(6, b"".join(delimited(1, delimited(1, text(name))) for name in names))


def error(status: Status, reason: str) -> bytes:
    """That there is no answer, and why."""
    return delimited(7, b"\x08" + varint(status.value) + delimited(2, text(reason)))


def _extended(data: bytes, start: int, stop: int, budget: FieldBudget) -> str:
    name = ""
    for number, kind, low, high in fields(data, start, stop, budget):
        if number == 1 and kind == LENGTH:
            name = data[low:high].decode()
    return name
