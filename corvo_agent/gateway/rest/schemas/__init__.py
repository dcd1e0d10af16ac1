"""The JSON of the API as JSON Schema, by what it is about: objects, and what else is asked for and answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...._lazy import lazy_names

if TYPE_CHECKING:
    from .schema import object_of, ref
    from .table import SCHEMAS
else:
    __getattr__, __dir__ = lazy_names(__name__, {"schema": ("object_of", "ref"), "table": ("SCHEMAS",)})

__all__ = (
    "SCHEMAS",
    "object_of",
    "ref",
)
