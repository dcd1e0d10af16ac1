"""Native threads stay native where greenlets have taken their place; a pause ends when another thread says so."""

from __future__ import annotations

import _thread
import threading

from corvo_agent.stub.native import Pause, forget_thread, has_greenlets, native, start_native


def test_without_greenlets_they_are_the_standard_library_s() -> None:
    assert (native("start_new_thread"), native("allocate_lock")) == (_thread.start_new_thread, _thread.allocate_lock)
    assert has_greenlets() == ""


def test_a_pause_lasts_until_it_is_ended() -> None:
    pause, ended = Pause(), Pause()

    def wait() -> None:
        assert pause.for_seconds(60)
        ended.end()

    assert not pause.for_seconds(0)
    native("start_new_thread")(wait, ())
    pause.end()
    assert ended.for_seconds(60)
    assert pause.for_seconds(0)


def test_a_thread_that_has_a_name_is_forgotten_when_it_says_so() -> None:
    named, ended = Pause(), list[threading.Thread]()

    def run() -> None:
        threading.current_thread().name = "native"
        ended.append(threading.current_thread())
        forget_thread()
        forget_thread()
        named.end()

    start_native(run)
    assert named.for_seconds(60)
    assert ended[0].name == "native"
    assert ended[0] not in threading.enumerate()
