"""The numbers of Modules, for Prometheus: what the fleet's rows say, and what agents have told besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from ..overview.facts import Facts
from ..timestamps import parse_rfc3339

#: Of what ``exposition`` returns.
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
LABELS = ("module", "node", "service")
_INFO = (*LABELS, "category", "level", "status")
# Name behind corvo_module_, words, key of the row.
_OF_ROWS = (
    ("restarts", "How often its process was started again", "restarts"),
    ("workers", "Processes of it", "workers"),
    ("errors", "Errors in its log in the last ten minutes; those that could not be judged are not counted", "errors"),
    ("resident_bytes", "Memory of its processes", "rss"),
    ("loop_lag_seconds", "Delay of its event loop, the longest of the last minute", "loop-lag"),
)
_OF_FACTS = (
    ("threads", "Threads of its processes", "threads"),
    ("descriptors", "Open file descriptors of its processes", "descriptors"),
    ("goroutines", "Goroutines, of a process of Go", "goroutines"),
)


def exposition(rows: Iterable[tuple[Mapping[str, Any], Facts | None]]) -> bytes:
    """The text that Prometheus reads, of rows of the fleet, each with what its agent told if it was asked.

    What is not known has no sample, and is never 0.
    """
    registry = CollectorRegistry()
    registry.register(_Rows(tuple(rows)))
    return generate_latest(registry)


class _Rows:
    """A collector of rows that are there already."""

    def __init__(self, rows: tuple[tuple[Mapping[str, Any], Facts | None], ...]) -> None:
        self._rows = rows

    def describe(self) -> Iterable[Metric]:
        """Nothing: names are ours alone, and collecting is cheap."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """A family for each number."""
        yield self._info()
        yield self._family("up", "Whether its agent answers", lambda row, _: float(bool(row["reachable"])))
        yield self._family("level_in_force", "Whether the level that is wanted is in force", _in_force)
        yield self._family("start_time_seconds", "When its process was started", _started)
        yield self._family("cpu_ratio", "Processors that it uses", lambda row, _: _ratio(row["cpu"]))
        for name, text, key in _OF_ROWS:
            yield self._family(name, text, lambda row, _, key=key: row[key])
        for name, text, key in _OF_FACTS:
            yield self._family(name, text, lambda _, facts, key=key: getattr(facts, key, None))
        yield self._family("tasks", "Tasks of its event loop", _tasks)

    def _info(self) -> Metric:
        family = GaugeMetricFamily("corvo_module_info", "What it is, and its level", labels=_INFO)
        for row, _ in self._rows:
            family.add_metric([*_labels(row), row["category"], row["applied"] or "", row["status"]], 1)
        return family

    def _family(self, name: str, text: str, value: Any) -> Metric:
        family = GaugeMetricFamily(f"corvo_module_{name}", text, labels=LABELS)
        for row, facts in self._rows:
            if (found := value(row, facts)) is not None:
                family.add_metric(_labels(row), found)
        return family


def _labels(row: Mapping[str, Any]) -> list[str]:
    return [row["name"], row["node"], row["service"]]


def _in_force(row: Mapping[str, Any], _: Facts | None) -> float | None:
    return None if row["wanted"] is None or row["applied"] is None else float(row["in-force"])


def _started(row: Mapping[str, Any], _: Facts | None) -> float | None:
    return parse_rfc3339(row["started"]) / 1e9 if row["started"] else None


def _ratio(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _tasks(_: Mapping[str, Any], facts: Facts | None) -> float | None:
    return None if facts is None or facts.tasks is None else sum(facts.tasks.values())
