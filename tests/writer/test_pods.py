"""What a pod says becomes modules, one for each container that runs as long as the pod does."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.modules import ModuleStatus, ServicePort
from corvo_agent.timestamps import parse_rfc3339
from corvo_agent.writer.pods import modules_of, pod_age, pod_uid
from corvo_agent.writer.source import Present

from .kubernetes_server import pod

STARTED = parse_rfc3339("2026-01-01T00:00:05Z")


def names(told: Sequence[Present]) -> list[str]:
    return [each.name for each in told]


def test_one_module_per_container_with_everything_that_the_pod_tells() -> None:
    told = list(modules_of(pod("billing-7f", containers=("billing", "proxy"), restarts=2, reason="OOMKilled")))
    assert told[0].status == ModuleStatus(
        node="node1",
        module="billing",
        category="Venice",
        last_start=STARTED,
        restart_count=2,
        last_restart_reason="OOMKilled (exit code 137)",
        service="billing-7f",
        service_ports=(ServicePort("grpc", 9010),),
    )
    assert names(told) == ["node1-billing", "node1-proxy"]


def test_a_container_that_waits_to_be_restarted_keeps_its_start_and_its_reason() -> None:
    waiting = pod("billing-7f", restarts=4, reason="Error")
    state = waiting["status"]["containerStatuses"][0]
    state["state"] = {"waiting": {"reason": "CrashLoopBackOff"}}
    state["lastState"]["terminated"]["startedAt"] = "2026-01-01T00:00:05Z"
    (told,) = modules_of(waiting)
    assert (told.status.last_start, told.status.restart_count) == (STARTED, 4)
    assert told.status.last_restart_reason == "Error (exit code 137)"


def test_a_sidecar_among_the_init_containers_is_a_module_and_a_step_of_the_start_is_none() -> None:
    with_init = pod("billing-7f")
    with_init["spec"]["initContainers"] = [{"name": "proxy", "restartPolicy": "Always"}, {"name": "migrate"}]
    with_init["status"]["initContainerStatuses"] = [{"name": "proxy", "restartCount": 3}]
    told = list(modules_of(with_init))
    assert names(told) == ["node1-billing", "node1-proxy"]
    assert told[1].status.restart_count == 3


def test_a_pod_without_a_host_is_passed_over() -> None:
    assert list(modules_of(pod("p", host_ip=""))) == []
    assert list(modules_of({})) == []
    assert list(modules_of({"spec": "?", "status": 3, "metadata": None})) == []


def test_what_is_not_known_yet_is_left_alone_and_what_is_known_is_written_also_when_it_is_empty() -> None:
    starting = pod("billing-7f")
    starting["status"]["containerStatuses"] = []
    (told,) = modules_of(starting)
    assert told.known == {"service_ports"}
    (told,) = modules_of(pod("billing-7f"))
    assert told.known == {"service_ports", "restart_count", "last_restart_reason"}


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        ({"reason": "OOMKilled", "exitCode": 137}, "OOMKilled (exit code 137)"),
        ({"reason": "Completed", "exitCode": 0}, "Completed (exit code 0)"),
        ({"exitCode": 3}, "Terminated (exit code 3)"),
        ({"reason": "Evicted"}, "Evicted"),
        ({}, ""),
    ],
)
def test_the_reason_says_what_is_known(last: dict[str, object], reason: str) -> None:
    ended = pod("billing-7f")
    ended["status"]["containerStatuses"][0]["lastState"] = {"terminated": last}
    (told,) = modules_of(ended)
    assert told.status.last_restart_reason == reason


@pytest.mark.parametrize("moment", ["yesterday", "", None, 5])
def test_a_start_that_is_no_time_is_unknown(moment: object) -> None:
    odd = pod("billing-7f")
    odd["status"]["containerStatuses"][0]["state"] = {"running": {"startedAt": moment}}
    (told,) = modules_of(odd)
    assert told.status.last_start == 0


def test_an_unnamed_port_has_the_name_of_its_container() -> None:
    plain = pod("billing-7f")
    plain["spec"]["containers"][0]["ports"] = [{"containerPort": 80}, "no port", {"name": "grpc", "containerPort": 81}]
    (told,) = modules_of(plain)
    assert told.status.service_ports == (ServicePort("billing", 80), ServicePort("grpc", 81))


def test_pods_are_ordered_by_their_age() -> None:
    pods = [
        pod(name, created=created) for name, created in (("b", "2026-01-02"), ("c", "2026-01-01"), ("a", "2026-01-02"))
    ]
    assert [pod_uid(each) for each in sorted(pods, key=pod_age)] == ["c", "a", "b"]


ODD = st.recursive(
    st.none() | st.booleans() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
)
PARTS = ("metadata", "spec", "status")
KEYS = ("nodeName", "hostIP", "containers", "initContainers", "containerStatuses", "initContainerStatuses", "uid")


@given(st.fixed_dictionaries({part: ODD | st.dictionaries(st.sampled_from(KEYS), ODD, max_size=7) for part in PARTS}))
def test_shapes_that_kubernetes_never_sends_are_passed_over(odd: dict[str, object]) -> None:
    assert all(isinstance(each, Present) for each in modules_of(odd))
    assert isinstance(pod_age(odd), tuple)
