"""grpclib's codec reads betterproto messages strictly, and passes those of google.protobuf's kind on."""

from __future__ import annotations

import pytest
from google.protobuf.wrappers_pb2 import StringValue

from corvo_agent._generated import api, protos
from corvo_agent.diagnostics.message_codec import MessageCodec
from corvo_agent.errors import DecodeError


def test_betterproto_messages_are_read_by_our_codec() -> None:
    codec = MessageCodec(max_fields=2)
    data = codec.encode(api.TypeMeta(kind="a", api_version="b"), api.TypeMeta)
    assert codec.decode(data, api.TypeMeta) == api.TypeMeta(kind="a", api_version="b")
    for bad in (data[:-1], data + data):
        with pytest.raises(DecodeError, match=r"^api.TypeMeta: "):
            codec.decode(bad, api.TypeMeta)


def test_messages_of_google_protobuf_pass_and_their_errors_are_ours() -> None:
    codec = MessageCodec()
    data = codec.encode(StringValue(value="x"), StringValue)
    assert codec.decode(data, StringValue) == StringValue(value="x")
    with pytest.raises(DecodeError, match=r"^StringValue: "):
        codec.decode(b"\x0a\x05", StringValue)


def test_a_message_of_another_type_is_not_sent() -> None:
    with pytest.raises(TypeError, match="Log instead of TypeMeta"):
        MessageCodec().encode(protos.Log(), api.TypeMeta)
