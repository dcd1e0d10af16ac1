"""Metrics that the host keeps with prometheus_client, as one published variable."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import islice
from typing import Any, Protocol

from ..errors import Unsupported
from .variables import number_text, quoted

#: Samples in one answer.
MAX_SAMPLES = 20_000
PACKAGE = "prometheus_client"


class MetricSource(Protocol):
    """The part of prometheus_client's ``CollectorRegistry`` that is read; any object with ``collect`` will do."""

    def collect(self) -> Iterable[Any]:
        """Metric families with their samples."""
        ...


class PrometheusMetrics:
    """All samples of ``source``, by default the registry that prometheus_client itself has when the host uses it.

    The package is never imported for it: without it in the process there is nothing to show. ``limit`` bounds the
    samples of one answer, those beyond are counted.
    """

    def __init__(self, source: MetricSource | None = None, *, limit: int = MAX_SAMPLES) -> None:
        self._source = source
        self._limit = limit

    def to_json(self) -> str:
        """Sample name with its labels, as in the text format, -> value.

        Raises Unsupported when the process does not use prometheus_client, and what collectors raise.
        """
        samples = (sample for family in self._find().collect() for sample in family.samples)
        pairs = [f"{quoted(_name(sample))}: {number_text(sample.value)}" for sample in islice(samples, self._limit)]
        # Collectors give generators: what is left out is only counted by going through it.
        if left_out := sum(1 for _ in samples):
            pairs.append(f'"corvo.dropped": {left_out}')
        return "{" + ", ".join(pairs) + "}"

    def _find(self) -> MetricSource:
        if self._source is not None:
            return self._source
        package = sys.modules.get(PACKAGE)
        if package is None:
            raise Unsupported("prometheus", f"this process does not use {PACKAGE}")
        source: MetricSource = package.REGISTRY
        return source


def is_used() -> bool:
    """Whether this process has imported prometheus_client."""
    return PACKAGE in sys.modules


def _name(sample: Any) -> str:
    if not sample.labels:
        return str(sample.name)
    labels = ",".join(f'{name}="{_escape(value)}"' for name, value in sample.labels.items())
    return f"{sample.name}{{{labels}}}"


def _escape(value: str) -> str:
    # As the text format of Prometheus (0.0.4) escapes label values.
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
