"""Searching logs: the query, what a line must match, and the way to it through files and over rotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .collector import Collector
    from .conditions import FieldCondition, Operator
    from .log_search import Search
    from .many import expand
    from .matcher import Matcher
    from .parameters import parse_query, uses_patterns
    from .pattern import Pattern
    from .query import LogQuery, Order
    from .reader import LogReader
    from .result import LogResult
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "collector": ("Collector",),
            "conditions": ("FieldCondition", "Operator"),
            "log_search": ("Search",),
            "many": ("expand",),
            "matcher": ("Matcher",),
            "parameters": ("parse_query", "uses_patterns"),
            "pattern": ("Pattern",),
            "query": ("LogQuery", "Order"),
            "reader": ("LogReader",),
            "result": ("LogResult",),
        },
    )

__all__ = (
    "Collector",
    "FieldCondition",
    "LogQuery",
    "LogReader",
    "LogResult",
    "Matcher",
    "Operator",
    "Order",
    "Pattern",
    "Search",
    "expand",
    "parse_query",
    "uses_patterns",
)
