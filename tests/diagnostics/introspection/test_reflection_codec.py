"""Reflection's messages are those of gRPC's own package."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from grpc_reflection.v1alpha.reflection_pb2 import ExtensionRequest, ServerReflectionRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.diagnostics.introspection.reflection_codec import Question, decode_request
from corvo_agent.errors import DecodeError

from ..strategies import NEARLY_PROTOBUF


@given(st.sampled_from(Question), st.text(max_size=20), st.text(max_size=20))
@settings(max_examples=60, deadline=None)
def test_each_question_is_read(question: Question, host: str, subject: str) -> None:
    field = ServerReflectionRequest.DESCRIPTOR.fields_by_number[question].name
    value: Any = ExtensionRequest(containing_type=subject) if question is Question.FILE_OF_EXTENSION else subject
    parts: dict[str, Any] = {"host": host, field: value}
    data = ServerReflectionRequest(**parts).SerializeToString()
    request = decode_request(data)
    assert (request.data, request.host, request.question, request.subject) == (data, host, question, subject)


def test_the_last_of_several_questions_counts() -> None:
    questions = (ServerReflectionRequest(list_services="x"), ServerReflectionRequest(file_by_filename="x"))
    data = b"".join(each.SerializeToString() for each in questions)
    assert decode_request(data).question is Question.FILE_BY_NAME


@given(NEARLY_PROTOBUF)
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(DecodeError):
        assert decode_request(data).data == data


def test_fields_are_bounded() -> None:
    with pytest.raises(DecodeError, match="more than 100 fields"):
        decode_request(b"\x10\x01" * 101)
