"""Looks are shares of what the kernel says was used, and nothing that was used is lost."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.profiles.pprof.model import Frame, Label, Sample
from corvo_agent.profiles.sampling.engine import UNSEEN
from corvo_agent.profiles.sampling.kernel_clocks import ProcessUse, ThreadUse
from corvo_agent.profiles.sampling.py_spy_output import SeenStack
from corvo_agent.profiles.sampling.scaling import Account, Worths

A, B = (Frame("m.a"),), (Frame("m.b"),)
PERIOD = 10_000_000


def use(threads: dict[int, int], ended: int = 0, waited: int = 0) -> ProcessUse:
    return ProcessUse(
        {tid: ThreadUse(f"t{tid}", used, waited) for tid, used in threads.items()},
        {tid: tid for tid in threads},
        sum(threads.values()) + ended,
    )


def none(addresses: Collection[int], tids: Collection[int]) -> dict[int, int]:
    return {}


def labels(name: str, tid: int = 0) -> tuple[Label, ...]:
    return (Label("thread", name), Label("tid", tid)) if tid else (Label("thread", name),)


def test_the_looks_at_a_thread_divide_what_it_used_and_equal_names_are_two_threads() -> None:
    worths = Worths()
    seen = [SeenStack("pool", A, 30, 7), SeenStack("pool", B, 10, 7), SeenStack("pool", A, 40, 8)]
    worths.add_scaled(seen, PERIOD, use({7: 100_000_000, 8: 4}), none)
    assert worths.samples() == [
        Sample(A, (30, 75_000_000), labels("pool", 7)),
        Sample(B, (10, 25_000_000), labels("pool", 7)),
        Sample(A, (40, 4), labels("pool", 8)),
    ]


def test_a_thread_that_used_nothing_did_not_run_and_one_without_looks_is_shown() -> None:
    worths = Worths()
    worths.add_scaled([SeenStack("idle", A, 30, 7)], PERIOD, use({7: 0, 8: 5_000_000}, ended=50_000_000), none)
    assert worths.samples() == [
        Sample((UNSEEN,), (0, 5_000_000), labels("t8", 8)),
        Sample((UNSEEN,), (0, 50_000_000), labels("ended")),
    ]
    told = " ".join(worths.account.notes(10**9))
    assert "0.06 s used, 0.06 s of it without a look, shown as [unseen]" in told
    assert "left out, as they used no processor: 1 threads that looked as if they ran" in told


def test_pthreads_are_looked_up_and_what_is_not_found_shares_what_is_left() -> None:
    worths = Worths()
    seen = [SeenStack("a", A, 1, address=64), SeenStack("b", B, 3, address=128), SeenStack("b", A, 1, address=128)]
    worths.add_scaled(seen, PERIOD, use({7: 10, 8: 40}, ended=4), lambda addresses, tids: {64: 7})
    assert worths.samples() == [
        Sample(A, (1, 10), labels("a", 7)),
        Sample(B, (3, 33), labels("b")),
        Sample(A, (1, 11), labels("b")),
    ]
    assert worths.account.merged
    assert worths.account.blind


def test_numbers_of_another_pid_namespace_are_those_of_the_kernel_here() -> None:
    worths = Worths()
    nested = ProcessUse({700: ThreadUse("t", 10, 0)}, {1: 700}, 10, nested=True)
    worths.add_scaled([SeenStack("main", A, 2, 1)], PERIOD, nested, none)
    assert worths.samples() == [Sample(A, (2, 10), labels("main", 700))]
    assert worths.account.blind


def test_the_answer_says_how_far_lines_can_be_trusted() -> None:
    worths = Worths()
    worths.add_scaled([SeenStack("t", A, 100, 7)], PERIOD, use({7: 250_000_000}, waited=750_000_000), none)
    notes = worths.account.notes(10**9)
    assert notes[0] == "cpu is by the kernel's clocks: 0.25 s used"
    assert "threads waited 0.75 s for a processor" in notes[1]
    assert notes[2].startswith("75 % of the looks were at moments without a processor")
    calm = Worths()
    calm.add_scaled([SeenStack("t", A, 100, 7)], PERIOD, use({7: 990_000_000}), none)
    assert calm.account.notes(10**9) == ("cpu is by the kernel's clocks: 0.99 s used",)


def test_where_time_is_not_the_processor_s_every_look_counts_alike() -> None:
    worths = Worths()
    worths.add_counted([SeenStack("t", A, 3, 7), SeenStack("t", A, 4, 7)], PERIOD)
    assert worths.samples() == [Sample(A, (7, 70_000_000), labels("t", 7))]
    assert not worths.account.scaled


@given(
    st.lists(st.tuples(st.sampled_from([A, B]), st.integers(1, 50), st.integers(0, 5)), max_size=20),
    st.dictionaries(st.integers(1, 5), st.integers(0, 10**9), max_size=5),
    st.integers(0, 10**9),
)
def test_nothing_is_lost_or_made_up(
    looks: list[tuple[tuple[Frame, ...], int, int]], threads: dict[int, int], ended: int
) -> None:
    worths, used = Worths(), use(threads, ended)
    worths.add_scaled([SeenStack("t", stack, count, tid) for stack, count, tid in looks], PERIOD, used, none)
    total = sum(sample.values[1] for sample in worths.samples())
    # Less than the clocks' ticks is not told, and each sample is rounded.
    assert used.used - 20_000_000 - 20 <= total <= used.used + 20


def test_few_looks_and_looks_that_find_the_same_widen_the_error() -> None:
    few, many, alike = Worths(), Worths(), Worths()
    few.add_scaled([SeenStack("t", A, 3, 7), SeenStack("t", B, 1, 7)], PERIOD, use({7: 400}), none)
    many.add_scaled([SeenStack("t", A, 300, 7), SeenStack("t", B, 100, 7)], PERIOD, use({7: 400}), none)
    alike.add_scaled([SeenStack("t", A, 300, 7), SeenStack("t", B, 100, 7)], PERIOD, use({7: 400}), none, 100.0)
    assert few.account.spread == alike.account.spread == 4 * 100**2
    assert many.account.spread == 400


def test_looks_at_a_thread_that_others_displaced_are_alike_and_those_at_one_that_was_woken_are_elsewhere() -> None:
    def account(slept: int, displaced: int) -> Account:
        worths = Worths()
        # 400 looks claim 4 s; one second was used, three were waited for a processor.
        threads = {7: ThreadUse("t", 10**9, 3 * 10**9, slept, displaced)}
        process = ProcessUse(threads, {7: 7}, 10**9, seconds=4.0)
        worths.add_scaled([SeenStack("t", A, 400, 7)], PERIOD, process, none)
        return worths.account

    woken, displaced, unknown = account(300, 0), account(0, 300), account(0, 0)
    assert woken.doubted == unknown.doubted == 0.75e9
    assert displaced.doubted == 0
    assert woken.doubt == displaced.doubt == 0.75
    assert woken.spread == unknown.spread == 1e18 / 400
    # In each of 300 waits of 10 ms there is a look: of waits that vary as much as they do, each finds what 3 others do.
    assert displaced.spread == pytest.approx(4 * 1e18 / 400)
