"""Protobuf's binary encoding: betterproto's messages as bytes and back, and the pieces that bytes are made of.

``encode`` and ``decode`` are the codec of every message; ``make`` builds one quickly. A format of its own (pprof, the
payload of a Log query) is written and read by the pieces: varints, tags, length-delimited fields. Reading is bounded
and strict: what is cut off or malformed is a ``DecodeError``, never a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .codec import decode, encode, full_name, make, opaque, pieces
    from .wire import FieldBudget, decodes, delimited, fields, read_length, read_tag, read_varint, text, varint
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "codec": ("decode", "encode", "full_name", "make", "opaque", "pieces"),
            "wire": (
                "FieldBudget",
                "decodes",
                "delimited",
                "fields",
                "read_length",
                "read_tag",
                "read_varint",
                "text",
                "varint",
            ),
        },
    )

__all__ = (
    "FieldBudget",
    "decode",
    "decodes",
    "delimited",
    "encode",
    "fields",
    "full_name",
    "make",
    "opaque",
    "pieces",
    "read_length",
    "read_tag",
    "read_varint",
    "text",
    "varint",
)
