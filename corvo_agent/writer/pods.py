"""Pods as Kubernetes reports them (JSON), read as modules: one for each container of a pod that has a host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..errors import InvalidArgument
from ..modules.model import ModuleStatus, ServicePort
from ..timestamps import parse_rfc3339
from .source import Present

Pod = Mapping[str, Any]
#: What the spec of a pod settles, even when it is empty.
_PORTS = frozenset({"service_ports"})
#: What is known once the kubelet has reported the container.
_RESTARTS = frozenset({"restart_count", "last_restart_reason"})


def pod_uid(pod: Pod) -> str:
    """What tells this pod from an earlier one of the same name."""
    return str(_part(pod, "metadata").get("uid", ""))


def pod_age(pod: Pod) -> tuple[str, str]:
    """What orders pods from the oldest to the newest."""
    return str(_part(pod, "metadata").get("creationTimestamp", "")), pod_uid(pod)


def modules_of(pod: Pod) -> Iterator[Present]:
    """The modules of ``pod``, one for each container that runs as long as it does; none while it has no host yet."""
    spec = _part(pod, "spec")
    node = spec.get("nodeName")
    if not node or not _part(pod, "status").get("hostIP"):
        return
    status = _part(pod, "status")
    states = {
        state.get("name"): state
        for key in ("initContainerStatuses", "containerStatuses")
        for state in _list(status, key)
    }
    # An init container that is always restarted runs beside the others: a sidecar.
    sidecars = [each for each in _list(spec, "initContainers") if each.get("restartPolicy") == "Always"]
    for container in (*_list(spec, "containers"), *sidecars):
        if name := container.get("name"):
            yield _present(pod, str(node), container, states.get(name))


def _present(pod: Pod, node: str, container: Mapping[str, Any], state: Mapping[str, Any] | None) -> Present:
    status = ModuleStatus(
        node=node,
        module=str(container["name"]),
        category="Venice",
        service=str(_part(pod, "metadata").get("name", "")),
        service_ports=tuple(
            # A port may be without a name in Kubernetes; here names are what ports are found by.
            ServicePort(str(port.get("name") or container["name"]), int(port.get("containerPort") or 0))
            for port in _list(container, "ports")
        ),
    )
    if state is not None:
        before = _part(_part(state, "lastState"), "terminated")
        status = replace(
            status,
            last_start=_started(_part(state, "state"), before),
            restart_count=int(state.get("restartCount") or 0),
            last_restart_reason=_reason(before),
        )
    # A container that replaces another one has its own count and reason, be they 0 and none.
    known = _PORTS if state is None else _PORTS | _RESTARTS
    return Present(f"{node}-{status.module}", status, known)


def _started(now: Mapping[str, Any], before: Mapping[str, Any]) -> int:
    """When it was started last; one that waits to be restarted was started, too."""
    for state in (_part(now, "running"), _part(now, "terminated"), before):
        if moment := _time(state.get("startedAt")):
            return moment
    return 0


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


# JSON of another program: what has another shape than expected counts as absent.
def _part(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}


def _list(value: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = value.get(key)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []
