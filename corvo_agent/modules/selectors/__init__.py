"""Choosing Modules: label and field selectors in Kubernetes' syntax, and the options of lists and watches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .fields import FieldChange, FieldSelector, parse_field_change, parse_field_selector
    from .labels import LabelSelector, parse_label_selector
    from .list_options import ListOptions, parse_options
    from .selection import Selection
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "fields": ("FieldChange", "FieldSelector", "parse_field_change", "parse_field_selector"),
            "labels": ("LabelSelector", "parse_label_selector"),
            "list_options": ("ListOptions", "parse_options"),
            "selection": ("Selection",),
        },
    )

__all__ = (
    "FieldChange",
    "FieldSelector",
    "LabelSelector",
    "ListOptions",
    "Selection",
    "parse_field_change",
    "parse_field_selector",
    "parse_label_selector",
    "parse_options",
)
