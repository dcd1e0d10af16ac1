"""Published variables, in expvar's JSON, and what a process can tell of itself.

``Int``, ``Float``, ``String``, ``Map``, ``Func`` and ``Histogram`` are the variables; an ``ExpvarRegistry`` holds them
by name and answers ``corvo stats``. ``RuntimeStats`` adds memory, CPU, threads, tasks, garbage collection and the delay
of the event loop; ``PrometheusMetrics`` what prometheus_client has counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .control_group import cpu_quota, own_memory_limit
    from .expvar import DebugStats, ExpvarRegistry
    from .histogram import Histogram, HistogramSummary
    from .prometheus import MetricSource, PrometheusMetrics
    from .runtime import RuntimeStats
    from .variables import Float, Func, Int, Map, String, Variable
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "control_group": ("cpu_quota", "own_memory_limit"),
            "expvar": ("DebugStats", "ExpvarRegistry"),
            "histogram": ("Histogram", "HistogramSummary"),
            "prometheus": ("MetricSource", "PrometheusMetrics"),
            "runtime": ("RuntimeStats",),
            "variables": ("Float", "Func", "Int", "Map", "String", "Variable"),
        },
    )

__all__ = (
    "DebugStats",
    "ExpvarRegistry",
    "Float",
    "Func",
    "Histogram",
    "HistogramSummary",
    "Int",
    "Map",
    "MetricSource",
    "PrometheusMetrics",
    "RuntimeStats",
    "String",
    "Variable",
    "cpu_quota",
    "own_memory_limit",
)
