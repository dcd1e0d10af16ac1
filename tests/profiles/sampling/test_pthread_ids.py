"""Pthreads are found again as the kernel's threads, or not at all."""

from __future__ import annotations

import os
import struct
import threading

from corvo_agent.profiles.sampling.pthread_ids import find_ids, kernel_ids

from ..loads import Running, idle


def structure(*numbers: tuple[int, int]) -> bytes:
    data = bytearray(2304)
    for offset, number in numbers:
        struct.pack_into("=i", data, offset, number)
    return bytes(data)


def test_threads_of_a_process_are_found_by_the_addresses_of_their_pthreads() -> None:
    with Running(idle, 3) as running:
        truth = {thread.ident or 0: thread.native_id or 0 for thread in (threading.current_thread(), *running.threads)}
        tids = {int(name) for name in os.listdir("/proc/self/task")}
        assert kernel_ids(os.getpid(), truth, tids) == truth
        # An address at which there is nothing is that of a thread that has ended.
        assert kernel_ids(os.getpid(), [*truth, 64], tids) == truth


def test_a_process_that_cannot_be_read_tells_nothing() -> None:
    assert kernel_ids(2**22 + 1, [4096], [7]) == {}


def test_the_place_is_searched_for_in_other_c_libraries() -> None:
    memory = {4096: structure((56, 7)), 8192: structure((56, 8)), 12288: structure((56, 0))}
    assert find_ids(memory, {7, 8, 9}) == {4096: 7, 8192: 8}


def test_what_is_uncertain_is_not_told() -> None:
    # The numbers 1 and 2 stand in both orders.
    assert find_ids({4096: structure((8, 1), (16, 2)), 8192: structure((8, 2), (16, 1))}, {1, 2}) == {}
    assert find_ids({4096: structure((720, 5))}, {7}) == {}
    assert find_ids({4096: structure((720, 7)), 8192: structure((720, 7))}, {7}) == {}
    assert find_ids({4096: b"short"}, {7}) == {}
    assert find_ids({}, {7}) == {}
