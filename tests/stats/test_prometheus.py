"""Metrics kept with the real prometheus_client, shown as one variable."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from corvo_agent.stats.prometheus import PrometheusMetrics


@pytest.fixture
def source() -> CollectorRegistry:
    return CollectorRegistry()


def test_samples_are_named_as_in_the_text_format(source: CollectorRegistry) -> None:
    Counter("requests", "help", ["method", "path"], registry=source).labels("GET", 'a"b\\c\nd').inc(3)
    Gauge("temperature", "help", registry=source).set(21.5)
    shown = json.loads(PrometheusMetrics(source).to_json())
    assert shown["temperature"] == 21.5
    assert shown['requests_total{method="GET",path="a\\"b\\\\c\\nd"}'] == 3


def test_a_histogram_comes_with_its_buckets(source: CollectorRegistry) -> None:
    Histogram("seconds", "help", registry=source, buckets=(0.1, 1)).observe(0.5)
    shown = json.loads(PrometheusMetrics(source).to_json())
    assert shown['seconds_bucket{le="1.0"}'] == shown["seconds_count"] == 1
    assert shown['seconds_bucket{le="0.1"}'] == 0


def test_nan_does_not_spoil_the_json(source: CollectorRegistry) -> None:
    Gauge("odd", "help", registry=source).set(float("nan"))
    assert json.loads(PrometheusMetrics(source).to_json()) == {"odd": "NaN"}


def test_a_huge_registry_is_cut_and_says_so(source: CollectorRegistry) -> None:
    gauge = Gauge("size", "help", ["n"], registry=source)
    for number in range(30):
        gauge.labels(str(number)).set(number)
    shown = json.loads(PrometheusMetrics(source, limit=10).to_json())
    assert (len(shown), shown["corvo.dropped"]) == (11, 20)


def test_the_default_registry_is_that_of_the_package() -> None:
    assert "python_info" in PrometheusMetrics().to_json()


def test_without_the_package_there_is_no_variable_and_no_import() -> None:
    code = """if True:
        import sys
        from corvo_agent.errors import Unsupported
        from corvo_agent.stats import PrometheusMetrics, RuntimeStats
        assert "prometheus" not in RuntimeStats().variables
        try:
            PrometheusMetrics().to_json()
        except Unsupported as error:
            print(error)
        assert "prometheus_client" not in sys.modules
    """
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "does not use prometheus_client" in answer.stdout
