"""A dashboard of Grafana for what Prometheus scrapes of modules and of the gateway."""

from __future__ import annotations

from typing import Any

_WIDTH, _HEIGHT = 12, 8
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_CHOSEN = '{module=~"$module"}'
# Title, expression, legend, unit of Grafana.
_PANELS = (
    ("Agents that do not answer", f"corvo_module_up{_CHOSEN} == 0", "{{module}}", "none"),
    ("Errors of ten minutes", f"corvo_module_errors{_CHOSEN}", "{{module}}", "short"),
    ("Processors", f"corvo_module_cpu_ratio{_CHOSEN}", "{{module}}", "percentunit"),
    ("Memory", f"corvo_module_resident_bytes{_CHOSEN}", "{{module}}", "bytes"),
    ("Lag of event loops", f"corvo_module_loop_lag_seconds{_CHOSEN}", "{{module}}", "s"),
    ("Restarts in an hour", f"delta(corvo_module_restarts{_CHOSEN}[1h])", "{{module}}", "short"),
    ("Levels that are not in force", f"corvo_module_level_in_force{_CHOSEN} == 0", "{{module}}", "none"),
    ("Descriptors", f"corvo_module_descriptors{_CHOSEN}", "{{module}}", "short"),
    ("Requests to gateways", "sum by (code) (rate(corvo_gateway_requests_total[5m]))", "{{code}}", "reqps"),
    ("Age of what gateways know", "corvo_gateway_staleness_seconds", "{{instance}}", "s"),
)


def grafana(title: str) -> dict[str, Any]:
    """The dashboard, to be imported: it asks for a data source, and has a variable for modules."""
    return {
        "title": title,
        "uid": None,
        "schemaVersion": 39,
        "editable": True,
        "tags": ["corvo"],
        "time": {"from": "now-1h", "to": "now"},
        "refresh": "30s",
        "templating": {"list": [_source_variable(), _module_variable()]},
        "panels": [_panel(number, *each) for number, each in enumerate(_PANELS)],
    }


def _panel(number: int, title: str, expression: str, legend: str, unit: str) -> dict[str, Any]:
    row, column = divmod(number, 2)
    return {
        "id": number + 1,
        "title": title,
        "type": "timeseries",
        "datasource": _SOURCE,
        "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "targets": [{"refId": "A", "datasource": _SOURCE, "expr": expression, "legendFormat": legend}],
    }


def _source_variable() -> dict[str, Any]:
    return {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _module_variable() -> dict[str, Any]:
    return {
        "name": "module",
        "label": "Module",
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": "label_values(corvo_module_info, module)", "refId": "modules"},
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }
