"""Messages that are bytes already, for calls whose every byte a test decides."""

from __future__ import annotations


class RawMessage:
    """Protobuf bytes in the form that grpclib's codec takes."""

    def __init__(self, value: bytes) -> None:
        self.value = value

    @classmethod
    def FromString(cls, value: bytes) -> RawMessage:  # noqa: N802 - the name that grpclib's codec calls
        return cls(value)

    def SerializeToString(self) -> bytes:  # noqa: N802 - the name that grpclib's codec calls
        return self.value
