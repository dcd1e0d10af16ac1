"""Protobuf's binary encoding, as bytes: varints, tags and length-delimited fields.

For codecs of other rooms that write or read protobuf without message classes. Reading is bounded and strict: what is
cut off or malformed is a ``DecodeError``, never a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .wire import FieldBudget, decodes, delimited, fields, read_length, read_tag, read_varint, text, varint
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
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
    "decodes",
    "delimited",
    "fields",
    "read_length",
    "read_tag",
    "read_varint",
    "text",
    "varint",
)
