"""What grpclib turns messages into bytes and back with: betterproto's by our codec, others by their own methods."""

from __future__ import annotations

from typing import Any

from betterproto import Message
from grpclib.encoding.base import CodecBase

from ..errors import DecodeError
from ..protobuf import codec


class MessageCodec(CodecBase):
    """Reads betterproto messages of at most ``max_fields`` fields; messages of google.protobuf's kind pass as well."""

    __content_subtype__ = "proto"

    def __init__(self, max_fields: int = codec.MAX_FIELDS) -> None:
        self._max_fields = max_fields

    def pieces(self, message: Any, message_type: Any) -> list[bytes]:
        """The message's bytes in pieces; TypeError for one that is no ``message_type``."""
        if not isinstance(message, message_type):
            raise TypeError(f"{type(message).__name__} instead of {message_type.__name__}")
        return codec.pieces(message) if isinstance(message, Message) else [message.SerializeToString()]

    def encode(self, message: Any, message_type: Any) -> bytes:
        """The message's bytes; part of grpclib's CodecBase."""
        return b"".join(self.pieces(message, message_type))

    def decode(self, data: bytes, message_type: Any) -> Any:
        """The ``message_type`` in ``data``, or DecodeError; part of grpclib's CodecBase."""
        if issubclass(message_type, Message):
            return codec.decode(message_type, data, max_fields=self._max_fields)
        try:
            return message_type.FromString(data)
        except Exception as error:
            # google.protobuf is not imported here, so its error has no name.
            raise DecodeError(message_type.__name__, str(error)) from error
