"""Of several pods with one module the newest counts, and the module is gone with the last of them."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.writer.pod_modules import PodModules
from corvo_agent.writer.source import Gone, Present, SourceEvent

from .kubernetes_server import Pod, pod

OLD, NEW = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


def told(events: Iterable[SourceEvent]) -> list[tuple[str, str]]:
    """(module, pod that it stands for, or nothing when it is gone)."""
    found = []
    for event in events:
        assert isinstance(event, Present | Gone)
        found.append((event.name, event.status.service if isinstance(event, Present) else ""))
    return found


def test_a_replaced_pod_does_not_take_its_successor_with_it() -> None:
    pods = PodModules()
    assert told(pods.put(pod("old", created=OLD))) == [("node1-billing", "old")]
    assert told(pods.put(pod("new", created=NEW))) == [("node1-billing", "new")]
    assert told(pods.remove(pod("old"))) == []
    assert told(pods.remove(pod("new"))) == [("node1-billing", "")]


def test_of_two_replicas_on_a_node_the_other_one_takes_over() -> None:
    pods = PodModules()
    list(pods.put(pod("old", created=OLD)))
    list(pods.put(pod("new", created=NEW)))
    assert told(pods.put(pod("old", created=OLD, restarts=1))) == []
    assert told(pods.remove(pod("new"))) == [("node1-billing", "old")]


def test_a_container_that_a_pod_has_no_more_is_gone() -> None:
    pods = PodModules()
    list(pods.put(pod("p", containers=("billing", "proxy"))))
    assert told(pods.put(pod("p", containers=("billing",)))) == [("node1-proxy", "")]
    assert told(pods.put(pod("p", containers=("billing",), host_ip=""))) == [("node1-billing", "")]


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sets(st.sampled_from(("x", "y", "z"))), st.booleans()), max_size=30)
)
def test_what_was_told_is_what_a_full_list_would_tell(steps: list[tuple[str, set[str], bool]]) -> None:
    """After any steps, what the events add up to is what a new list of the same pods adds up to."""
    pods, current, seen = PodModules(), dict[str, Pod](), dict[str, Present]()
    for name, containers, there in steps:
        if there:
            current[name] = pod(name, containers=tuple(sorted(containers)), created=f"2026-01-0{ord(name) - 96}")
            add(seen, pods.put(current[name]))
        elif name in current:
            add(seen, pods.remove(current.pop(name)))
    anew = dict[str, Present]()
    add(anew, PodModules().replace(list(current.values())))
    assert seen == anew


def add(seen: dict[str, Present], events: Iterable[SourceEvent]) -> None:
    for event in events:
        if isinstance(event, Present):
            seen[event.name] = event
        elif isinstance(event, Gone):
            del seen[event.name]
