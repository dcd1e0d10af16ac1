"""The window in which lines of several logs are put in order; see also what the command line shows through it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.logs.lines.reordering import ReorderWindow
from corvo_agent.timestamps import format_rfc3339

SECOND = 10**9
_coming = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9), st.floats(0, 0.5)), max_size=40)


@given(_coming)
def test_none_is_lost_each_log_keeps_its_order_and_what_is_not_late_is_in_order(
    coming: list[tuple[str, int, float]],
) -> None:
    window: ReorderWindow[tuple[int, int, bool]] = ReorderWindow(0.3)
    now, left = 0.0, []
    for number, (name, second, pause) in enumerate(coming):
        now += pause
        left += window.take(now)
        place = window.place(name, {"ts": format_rfc3339((1_800_000_000 + second) * SECOND)})
        window.add(name, place, (number, place, window.is_late(place)), now)
    left += window.take(now + 0.3)
    assert (len(window), window.due()) == (0, None)
    assert sorted(number for _, (number, _, _) in left) == list(range(len(coming)))
    for log in "abc":
        numbers = [number for name, (number, _, _) in left if name == log]
        assert numbers == sorted(numbers)
    in_time = [place for _, (_, place, late) in left if not late]
    assert in_time == sorted(in_time)


def test_a_line_without_a_time_is_behind_the_one_before_it_and_never_late() -> None:
    window: ReorderWindow[str] = ReorderWindow(0.0)
    first = window.place("a", {"msg": "x"})
    window.add("a", first, "x", 1.0)
    assert window.take(1.0) == [("a", "x")]
    later = window.place("b", {"ts": "2026-11-26T10:00:00Z"})
    window.add("b", later, "y", 1.0)
    assert window.take_some(5) == [("b", "y")]
    assert not window.is_late(window.place("a", {"msg": "z"}))
    assert window.is_late(window.place("a", {"ts": "2026-11-26T09:00:00Z"}))
