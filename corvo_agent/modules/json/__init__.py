"""The JSON of Module objects as people and Go peers write it, and JSON values in a stream of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .codec import decode_module, encode_module, module_from_dict, module_to_dict, read_module
    from .merge_patch import difference, merge
    from .stream import JsonStream, parse_object
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "codec": ("decode_module", "encode_module", "module_from_dict", "module_to_dict", "read_module"),
            "merge_patch": ("difference", "merge"),
            "stream": ("JsonStream", "parse_object"),
        },
    )

__all__ = (
    "JsonStream",
    "decode_module",
    "difference",
    "encode_module",
    "merge",
    "module_from_dict",
    "module_to_dict",
    "parse_object",
    "read_module",
)
