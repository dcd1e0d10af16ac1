"""Searching logs: the query, what a line must match, and the way to it through files and over rotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .collector import MatchCollector
    from .conditions import FieldCondition, Operator
    from .log_search import LogOptions, LogSearch, search_log
    from .many import search_logs
    from .matcher import Matcher
    from .packing import Packing, Part
    from .parameters import parse_query, uses_patterns
    from .pattern import Pattern
    from .query import LogQuery, Order
    from .reader import LogReader
    from .result import LogResult
    from .survey import Survey, Surveyor
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "collector": ("MatchCollector",),
            "conditions": ("FieldCondition", "Operator"),
            "log_search": ("LogOptions", "LogSearch", "search_log"),
            "many": ("search_logs",),
            "matcher": ("Matcher",),
            "packing": ("Packing", "Part"),
            "parameters": ("parse_query", "uses_patterns"),
            "pattern": ("Pattern",),
            "query": ("LogQuery", "Order"),
            "reader": ("LogReader",),
            "result": ("LogResult",),
            "survey": ("Survey", "Surveyor"),
        },
    )

__all__ = (
    "FieldCondition",
    "LogOptions",
    "LogQuery",
    "LogReader",
    "LogResult",
    "LogSearch",
    "MatchCollector",
    "Matcher",
    "Operator",
    "Order",
    "Packing",
    "Part",
    "Pattern",
    "Survey",
    "Surveyor",
    "parse_query",
    "search_log",
    "search_logs",
    "uses_patterns",
)
