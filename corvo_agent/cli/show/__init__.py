"""How results are shown: tables, JSON, YAML, progress, and text made safe for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

# At once, because its file has the same name: importing that would put the module in the place of the function.
from .progress import progress

if TYPE_CHECKING:
    from .output import (
        format_option,
        json_text,
        note,
        output_option,
        print_json,
        print_result,
        print_table,
        yaml_text,
    )
    from .yaml_format import read_yaml, write_yaml
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "output": (
                "format_option",
                "json_text",
                "note",
                "output_option",
                "print_json",
                "print_result",
                "print_table",
                "yaml_text",
            ),
            "yaml_format": ("read_yaml", "write_yaml"),
        },
    )

__all__ = (
    "format_option",
    "json_text",
    "note",
    "output_option",
    "print_json",
    "print_result",
    "print_table",
    "progress",
    "read_yaml",
    "write_yaml",
    "yaml_text",
)
