"""gRPC messages as the bytes that they are: what a call costs without any codec."""

from __future__ import annotations

from typing import Any

from grpclib.encoding.base import CodecBase


class RawCodec(CodecBase):
    """grpclib's codec for messages of type ``bytes``."""

    __content_subtype__ = "proto"

    def encode(self, message: Any, message_type: Any) -> bytes:
        """The message itself."""
        return bytes(message)

    def decode(self, data: bytes, message_type: Any) -> Any:
        """The data itself."""
        return data
