"""Each asker hears of the time since its own last question."""

from __future__ import annotations

from corvo_agent.stats.cpu_share import CpuShares

BEGAN = (0.0, 0.0)


def test_what_one_asker_was_told_does_not_shorten_what_another_one_hears_of() -> None:
    shares = CpuShares()
    assert shares.percent("seldom", 10, 5, BEGAN) == 50
    assert shares.percent("often", 10, 5, BEGAN) == 50
    # Busy for a second, then idle.
    assert shares.percent("often", 11, 6, BEGAN) == 100
    assert shares.percent("often", 20, 6, BEGAN) == 0
    assert shares.percent("seldom", 20, 6, BEGAN) == 10


def test_who_asks_again_at_once_hears_of_a_second_at_least() -> None:
    shares = CpuShares()
    shares.percent("asker", 10, 5, BEGAN)
    shares.percent("asker", 11, 6, BEGAN)
    assert shares.percent("asker", 11.01, 6.01, BEGAN) == 100


def test_the_first_question_of_a_process_that_has_just_begun_is_no_division_by_zero() -> None:
    assert CpuShares().percent("asker", 0.0, 0.0, BEGAN) == 0


def test_who_has_not_asked_for_long_is_forgotten_after_64_others() -> None:
    shares = CpuShares()
    shares.percent("first", 10, 5, BEGAN)
    for number in range(64):
        shares.percent(number, 20, 5, BEGAN)
    assert shares.percent("first", 100, 10, BEGAN) == 10
