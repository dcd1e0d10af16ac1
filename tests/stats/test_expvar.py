"""The registry: one name one variable, all of them readable, clear empties what it may."""

from __future__ import annotations

import json
import threading
from functools import partial

import pytest

from corvo_agent.errors import AlreadyExists, InvalidArgument, ResourceExhausted
from corvo_agent.stats import ExpvarRegistry, Func, Histogram, Int, String
from corvo_agent.stats.variables import render


def shown(registry: ExpvarRegistry) -> dict[str, str]:
    """The JSON text of each variable, by name."""
    return {name: render(variable) for name, variable in registry.variables().items()}


@pytest.fixture
def registry() -> ExpvarRegistry:
    return ExpvarRegistry()


def test_what_is_published_is_answered_as_json(registry: ExpvarRegistry) -> None:
    requests = registry.publish("requests", Int())
    registry.publish("state", String("ready"))
    requests.add(3)
    assert registry.get("requests") == "3"
    assert shown(registry) == {"requests": "3", "state": '"ready"'}
    assert registry.names == ("requests", "state")


def test_an_unknown_name_is_none(registry: ExpvarRegistry) -> None:
    assert registry.get("nothing") is None


def test_a_name_is_published_once(registry: ExpvarRegistry) -> None:
    first = registry.publish("n", Int(1))
    with pytest.raises(AlreadyExists) as caught:
        registry.publish("n", Int(2))
    assert caught.value.name == "n"
    assert registry.get("n") == first.to_json()


def test_a_removed_name_is_free_again(registry: ExpvarRegistry) -> None:
    registry.publish("n", Int(1))
    registry.remove("n")
    registry.remove("n")
    registry.publish("n", Int(2))
    assert registry.get("n") == "2"


def test_a_variable_needs_a_name_and_an_answer(registry: ExpvarRegistry) -> None:
    with pytest.raises(InvalidArgument, match="name"):
        registry.publish("", Int())
    with pytest.raises(InvalidArgument, match="to_json"):
        registry.publish("n", 5)  # type: ignore[type-var]


def test_a_full_registry_refuses(registry: ExpvarRegistry) -> None:
    small = ExpvarRegistry(limit=1)
    small.publish("a", Int())
    with pytest.raises(ResourceExhausted):
        small.publish("b", Int())


def test_a_variable_that_fails_leaves_the_others_alone(registry: ExpvarRegistry) -> None:
    registry.publish("bad", Func(partial(dict[str, str]().__getitem__, "missing")))
    registry.publish("good", Int(1))
    assert shown(registry) == {"bad": '{"error":"KeyError: \'missing\'"}', "good": "1"}


def test_debug_stats_are_named_after_kind_and_instance(registry: ExpvarRegistry) -> None:
    registry.debug_stats("node1-pen-spyglass").increment("c")
    registry.debug_stats("[::1]:80", kind="rpc").add("f", 2.25)
    assert registry.get("debugstats_node1-pen-spyglass") == '{"c": 1}'
    assert registry.get("rpc_[__1]_80") == '{"f": 2.25}'


def test_the_same_debug_stats_are_the_same_object(registry: ExpvarRegistry) -> None:
    assert registry.debug_stats("a:b") is registry.debug_stats("a_b")


def test_debug_stats_do_not_take_the_name_of_another_variable(registry: ExpvarRegistry) -> None:
    registry.publish("debugstats_a", Int())
    with pytest.raises(AlreadyExists):
        registry.debug_stats("a")


def test_clear_empties_debug_stats_and_nothing_else(registry: ExpvarRegistry) -> None:
    registry.debug_stats("a").increment("c")
    registry.debug_stats("b", kind="rpc").increment("c")
    registry.histogram("call").observe(0.1)
    registry.publish("requests", Int(5))
    registry.clear()
    assert registry.get("debugstats_a") == registry.get("rpc_b") == "{}"
    assert registry.get("requests") == "5"
    assert registry.histogram("call").summary().count == 1


def test_histograms_are_published_together(registry: ExpvarRegistry) -> None:
    assert registry.histogram("call") is registry.histogram("call")
    registry.histogram("call").observe(0.002)
    registry.histogram("flush").observe(1)
    shown = json.loads(registry.get("histograms") or "")
    assert list(shown) == ["call", "flush"]
    assert shown["call"]["MaxMs"] == 2


def test_histograms_need_their_name(registry: ExpvarRegistry) -> None:
    registry.publish("histograms", Histogram())
    with pytest.raises(AlreadyExists):
        registry.histogram("call")


def test_many_threads_get_the_same_counters(registry: ExpvarRegistry) -> None:
    def count() -> None:
        for number in range(300):
            registry.debug_stats(f"i{number % 7}").increment("c")
            registry.histogram(f"h{number % 7}").observe(0.001)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted = [registry.debug_stats(f"i{n}")["c"] for n in range(7)]
    assert sum(each for each in counted if isinstance(each, int)) == 1200
    assert sum(registry.histogram(f"h{n}").summary().count for n in range(7)) == 1200


def test_it_tells_what_it_holds(registry: ExpvarRegistry) -> None:
    registry.publish("n", Int())
    assert repr(registry) == "<ExpvarRegistry n>"
    assert "debugstats_x" in registry.debug_stats("x").name
