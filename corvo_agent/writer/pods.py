"""Pods as Kubernetes reports them (JSON), read as modules: one for each container of a pod that has a host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import InvalidArgument
from ..modules.model import ModuleStatus, ServicePort
from ..timestamps import parse_rfc3339

Pod = Mapping[str, Any]


def pod_uid(pod: Pod) -> str:
    """What tells this pod from an earlier one of the same name."""
    return str(_part(pod, "metadata").get("uid", ""))


def modules_of(pod: Pod) -> Iterator[tuple[str, ModuleStatus]]:
    """Names and statuses of the modules of ``pod``; nothing while it has no host yet."""
    spec = _part(pod, "spec")
    node = spec.get("nodeName")
    if not node or not _part(pod, "status").get("hostIP"):
        return
    states = {state.get("name"): state for state in _list(_part(pod, "status"), "containerStatuses")}
    for container in _list(spec, "containers"):
        if name := container.get("name"):
            yield f"{node}-{name}", _status(pod, str(node), container, states.get(name, {}))


def _status(pod: Pod, node: str, container: Mapping[str, Any], state: Mapping[str, Any]) -> ModuleStatus:
    running = _part(_part(state, "state"), "running")
    return ModuleStatus(
        node=node,
        module=str(container["name"]),
        category="Venice",
        last_start=_time(running.get("startedAt")),
        restart_count=int(state.get("restartCount") or 0),
        last_restart_reason=_reason(_part(_part(state, "lastState"), "terminated")),
        service=str(_part(pod, "metadata").get("name", "")),
        service_ports=tuple(
            ServicePort(str(port.get("name") or container["name"]), int(port.get("containerPort") or 0))
            for port in _list(container, "ports")
        ),
    )


def _reason(terminated: Mapping[str, Any]) -> str:
    """Why the container ended last time, as ``Error (exit code 137)``; "" when it never did."""
    if not terminated:
        return ""
    reason = str(terminated.get("reason") or "Terminated")
    code = terminated.get("exitCode")
    return reason if code is None else f"{reason} (exit code {code})"


def _time(text: Any) -> int:
    try:
        return parse_rfc3339(text) if isinstance(text, str) else 0
    except InvalidArgument:
        return 0


def _part(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}


def _list(value: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = value.get(key)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []
