"""Whether numbers grow or fall with age is found out from the files; a date says its age itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.logs.files.rotated_name import read_rotated_name
from corvo_agent.logs.files.rotation_order import Rotated, RotationOrder


def files(names: Sequence[str], modified: Sequence[int] = ()) -> list[Rotated]:
    found = []
    for index, name in enumerate(names):
        said = read_rotated_name(name, "a.log")
        assert said is not None
        found.append(Rotated(name, said, modified[index] if modified else 0, (1, index), 1))
    return found


def paths(found: Sequence[Rotated]) -> list[str]:
    return [file.path for file in found]


FALLING = ["a.log.1", "a.log.2.gz", "a.log.10", "a.log.11.zst"]
DATED = ["a.log.2026-11-24.11.gz", "a.log.2026-11-24.10", "a.log.2026-11-24.2", "a.log.2026-11-23.12"]


@pytest.mark.parametrize("names", [FALLING, FALLING[::-1], DATED])
def test_the_times_in_the_files_decide_before_their_changes(names: list[str]) -> None:
    times = {name: 100 - age for age, name in enumerate(names)}
    found = files(names, range(len(names)))
    order = RotationOrder(lambda file: times[file.path])
    assert paths(order.newest_first(found[::-1])) == names
    assert order.doubts == []
    # Only a few are opened for that.
    asked: list[int] = []

    def first_time(file: Rotated) -> int:
        asked.append(file.name.number)
        return file.name.number

    RotationOrder(first_time).newest_first(files([f"a.log.{number}" for number in range(1, 500)]))
    assert asked == [1, 250, 499]


@pytest.mark.parametrize("names", [FALLING, FALLING[::-1], DATED])
def test_without_times_the_last_changes_decide(names: list[str]) -> None:
    found = files(names, range(len(names), 0, -1))
    order = RotationOrder(lambda file: None)
    assert paths(order.newest_first(found[::-1])) == names
    assert order.doubts == []
    # And are remembered for when they do not.
    assert paths(order.newest_first(files(names)[::-1])) == names
    assert order.doubts == []


def test_one_that_was_touched_since_does_not_turn_the_order() -> None:
    names = [f"a.log.{number}" for number in range(1, 20)]
    changes = list(range(40, 21, -1))
    changes[12] = 1000
    order = RotationOrder(lambda file: None)
    assert paths(order.newest_first(files(names, changes))) == names
    assert order.doubts == []


def test_what_tells_nothing_is_stated() -> None:
    order = RotationOrder(lambda file: None)
    assert paths(order.newest_first(files(FALLING[::-1]))) == FALLING
    assert len(order.doubts) == 1
    assert "a.log.1" in order.doubts[0]
    assert paths(order.newest_first(files(DATED[::-1]))) == DATED
    assert len(order.doubts) == 1
    order.newest_first(files(["a.log.1"]))
    assert order.doubts == []


def test_the_oldest_one_tells_as_well() -> None:
    found = files(["a.log.1", "a.log.2", "a.log.3"])
    assert paths(RotationOrder(lambda file: None).newest_first(found, [(1, 0)])) == ["a.log.3", "a.log.2", "a.log.1"]
    assert paths(RotationOrder(lambda file: None).newest_first(found, [(1, 2)])) == ["a.log.1", "a.log.2", "a.log.3"]
    order = RotationOrder(lambda file: None)
    order.newest_first(found, [(1, 1)])
    assert order.doubts
    # Those that were followed before are the older ones.
    assert paths(order.newest_first(found, [(1, 1), (1, 0)])) == ["a.log.1", "a.log.2", "a.log.3"]


def test_several_ways_of_naming_are_merged_by_time() -> None:
    names = ["a.log.1", "a.log-20240131", "a.log.2", "a.log.old", "a.log-20240101", "a-2023-01-01.log"]
    for times in (dict(zip(names, range(9, 0, -1), strict=False)), {}):
        order = RotationOrder(lambda file, times=times: times.get(file.path))  # type: ignore[misc]
        assert paths(order.newest_first(files(names, range(9, 3, -1))[::-1])) == names
        assert order.doubts == []


def test_the_first_file_of_a_day_may_have_no_number() -> None:
    names = ["a-2026-11-24.log.2", "a-2026-11-24.log.1", "a-2026-11-23.log"]
    order = RotationOrder(lambda file: None)
    assert paths(order.newest_first(files(names, [3, 2, 1]))) == names
    assert paths(order.newest_first(files(["a.log-20240131-9", "a.log-20240131"], [2, 1]))) == [
        "a.log-20240131-9",
        "a.log-20240131",
    ]


@given(
    st.sets(st.integers(1, 200), min_size=2, max_size=30),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["a.log.{}", "a.{}.log", "a.log-{}", "a.log.2026-11-24.{}", "a-2026-11-24-{}.log", "a.log.{}.gz"]),
    st.randoms(),
)
def test_any_numbers_in_any_form(numbers: set[int], grows: bool, inside: bool, form: str, random: object) -> None:
    names = [form.format(number) for number in sorted(numbers, reverse=grows)]
    ages = {name: -age for age, name in enumerate(names)}
    found = files(names, [0 if inside else 1000 - age for age in range(len(names))])
    random.shuffle(found)  # type: ignore[attr-defined]
    order = RotationOrder(lambda file: ages[file.path] if inside else None)
    assert paths(order.newest_first(found)) == names
    assert order.doubts == []
