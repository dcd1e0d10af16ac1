"""The numbers of every kind of process become the same facts; tests/cli/live/test_fact_rows.py shows all of them."""

from __future__ import annotations

from corvo_agent.overview.facts import facts


def test_a_process_from_beside_says_what_the_kernel_says_of_it() -> None:
    stats = {"cpustats": {"Percent": 0.0}, "memstats": {"RSS": 4096}, "runtime": {"Pid": 7, "Status": "stopped"}}
    found = facts(stats)
    assert (found.pid, found.state, found.cpu, found.memory, found.longest_loop_lag) == (7, "stopped", 0.0, 4096, None)


def test_several_processes_are_added_up_and_the_lag_is_the_worst() -> None:
    one = {"cpustats": {"Percent": 10.0}, "memstats": {"RSS": 5}, "runtime": {"LoopLagLastMinute": {"MaxMs": 1.0}}}
    two = {"cpustats": {"Percent": 2.5}, "memstats": {"RSS": 6}, "runtime": {"LoopLagLastMinute": {"MaxMs": 9.0}}}
    found = facts({"workers": {"1": one, "2": two}})
    assert (found.cpu, found.memory, found.longest_loop_lag) == (12.5, 11, 9.0)
