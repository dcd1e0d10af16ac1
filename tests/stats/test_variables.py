"""Variables: what they hold, how they are written, and that counting is exact whoever counts."""

from __future__ import annotations

import gc
import json
import math
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument, ResourceExhausted
from corvo_agent.stats.variables import DROPPED, Float, Func, Int, Map, String, Variable, number_text, render


def in_threads(count: int, work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_an_int_counts() -> None:
    number = Int(40)
    number.increment()
    number.add(3)
    number.add(-2)
    assert (number.value, number.to_json()) == (42, "42")
    number.set(7)
    assert number.to_json() == "7"


def test_a_float_adds_up() -> None:
    number = Float()
    number.add(2.5)
    number.add(-0.25)
    assert (number.value, number.to_json()) == (2.25, "2.25")
    number.set(2.0)
    assert number.to_json() == "2"


def test_a_string_is_quoted() -> None:
    text = String('say "hi"\n')
    assert json.loads(text.to_json()) == 'say "hi"\n'
    text.value = "bye"
    assert text.to_json() == '"bye"'


def test_a_name_that_is_no_utf8_is_still_json() -> None:
    assert json.loads(String("caf\udce9").to_json()) == "caf?"


def test_a_func_is_asked_each_time() -> None:
    numbers = iter((1, 2))
    variable = Func(lambda: {"n": next(numbers), 3: None})
    assert [variable.to_json(), variable.to_json()] == ['{"n":1,"3":null}', '{"n":2,"3":null}']


@pytest.mark.parametrize("reason", [ValueError("no sensor"), KeyError("x"), RuntimeError()])
def test_a_func_that_raises_states_its_error(reason: Exception) -> None:
    def fail() -> None:
        raise reason

    assert json.loads(render(Func(fail))) == {"error": f"{type(reason).__name__}: {reason}"}


def test_a_func_whose_result_is_no_json_states_that() -> None:
    assert "not JSON serializable" in json.loads(render(Func(object)))["error"]


def test_a_long_error_is_cut() -> None:
    def fail() -> None:
        raise ValueError("x" * 100_000)

    assert len(render(Func(fail))) < 600


def test_a_map_is_written_as_go_writes_it() -> None:
    counters = Map()
    counters.add("f", 1.25)
    counters.add("f", 1)
    counters.increment("c")
    counters.increment("c")
    assert counters.to_json() == '{"c": 2, "f": 2.25}'


def test_a_map_holds_variables_of_every_kind() -> None:
    inner = Map()
    inner.increment("n")
    outer = Map()
    outer.set("text", String("t"))
    outer.set("map", inner)
    outer.set("bad", Func(lambda: 1 // 0))
    outer.set("number", 3)
    shown = json.loads(outer.to_json())
    # The words are the interpreter's, and differ between its versions.
    assert shown["bad"].pop("error").startswith("ZeroDivisionError: ")
    assert shown == {
        "text": "t",
        "map": {"n": 1},
        "bad": {},
        "number": 3,
    }
    assert outer["map"] is inner
    outer.discard("bad")
    outer.discard("bad")
    assert len(outer) == 3


def test_only_numbers_can_be_added_to() -> None:
    counters = Map()
    counters.set("text", String("t"))
    with pytest.raises(InvalidArgument, match="text"):
        counters.increment("text")


def test_a_full_map_counts_what_it_leaves_out() -> None:
    counters = Map(limit=2)
    for key in ("a", "b", "c", "d", "a"):
        counters.increment(key)
    assert json.loads(counters.to_json()) == {"a": 2, "b": 1, DROPPED: 2}
    with pytest.raises(ResourceExhausted):
        counters.set("e", 1)
    counters.set("a", 9)
    counters.clear()
    assert counters.to_json() == "{}"


@pytest.mark.parametrize(("number", "text"), [(True, "1"), (10**30, str(10**30)), (2.0, "2"), (1e300, "1e+300")])
def test_numbers_as_go_writes_them(number: float, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("number", "text"), [(math.nan, '"NaN"'), (math.inf, '"Infinity"'), (-math.inf, '"-Infinity"')]
)
def test_what_json_has_no_number_for_is_a_text(number: float, text: str) -> None:
    assert number_text(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_comes_back_exactly(number: float) -> None:
    assert json.loads(number_text(number)) == number


@given(st.dictionaries(st.text(), st.integers() | st.floats(allow_nan=False, allow_infinity=False), max_size=8))
def test_whatever_a_map_holds_is_json(entries: dict[str, int | float]) -> None:
    counters = Map()
    for key, value in entries.items():
        counters.set(key, value)
    assert json.loads(counters.to_json()) == entries


def test_no_count_is_lost_between_threads() -> None:
    number, fraction, counters = Int(), Float(), Map()

    def count() -> None:
        for _ in range(2_000):
            number.increment()
            fraction.add(0.5)
            counters.increment("c")

    in_threads(4, count)
    assert (number.value, fraction.value, counters["c"]) == (8_000, 4_000.0, 8_000)


def test_a_finalizer_that_counts_in_the_midst_of_a_change_does_not_wait_for_itself() -> None:
    counters = Map()

    class Resource:
        def __init__(self) -> None:
            self.cycle = self

        def __del__(self) -> None:
            counters.increment("closed")

    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for number in range(200):
            Resource()
            counters.set(f"k{number % 10}", Int())
    finally:
        gc.set_threshold(*threshold)
        gc.collect()
    assert counters["closed"] == 200


@pytest.mark.parametrize("variable", [Int(3), Float(1.5), String("s"), Func(dict), Map()])
def test_each_variable_tells_what_it_is(variable: Variable) -> None:
    assert type(variable).__name__ in repr(variable)
