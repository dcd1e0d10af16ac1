"""Profiles in pprof's format: the model, the encoder and the strict, bounded reader.

The format is google/pprof's ``proto/profile.proto``, gzip-compressed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .encoder import encode, encode_off_loop
    from .model import Frame, Label, Profile, Sample, Stack, ValueType
    from .reader import decode
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "encoder": ("encode", "encode_off_loop"),
            "model": ("Frame", "Label", "Profile", "Sample", "Stack", "ValueType"),
            "reader": ("decode",),
        },
    )

__all__ = (
    "Frame",
    "Label",
    "Profile",
    "Sample",
    "Stack",
    "ValueType",
    "decode",
    "encode",
    "encode_off_loop",
)
