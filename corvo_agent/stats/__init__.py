"""Published variables, and what a process can tell of itself."""

from .expvar import DebugStats, ExpvarRegistry
from .histogram import Histogram, HistogramSummary
from .prometheus import PrometheusMetrics
from .runtime import RuntimeStats
from .variables import Float, Func, Int, Map, String, Variable

__all__ = (
    "DebugStats",
    "ExpvarRegistry",
    "Float",
    "Func",
    "Histogram",
    "HistogramSummary",
    "Int",
    "Map",
    "PrometheusMetrics",
    "RuntimeStats",
    "String",
    "Variable",
)
