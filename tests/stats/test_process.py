"""What the process tells of itself agrees with what the system says."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
import time

import psutil

from corvo_agent.stats.process import (
    command_line,
    context_switches,
    cpu_stats,
    descriptors,
    memory_stats,
    thread_list,
    uptime,
)


def test_cpu_stats_keep_the_names_of_the_contract() -> None:
    shown = cpu_stats(5)
    assert shown["NumCPUs"] == len(os.sched_getaffinity(0))
    assert shown["NumGoroutines"] == 5 + threading.active_count()
    assert (shown["NumTasks"], shown["NumPythonThreads"]) == (5, threading.active_count())
    assert shown["NumThreads"] == psutil.Process().num_threads()


def test_cpu_seconds_grow_with_work() -> None:
    def used() -> float:
        shown = cpu_stats(0)
        return float(str(shown["UserSeconds"])) + float(str(shown["SystemSeconds"]))

    before = used()
    while used() < before + 0.05:
        sum(range(10_000))


def test_memory_agrees_with_the_system() -> None:
    shown = memory_stats()
    rss, peak, vms = (int(str(shown[name])) for name in ("RSS", "PeakRSS", "VMS"))
    assert 0 < rss <= peak
    assert rss <= vms
    assert abs(rss - psutil.Process().memory_info().rss) < 50 << 20


def test_garbage_collections_are_counted_by_generation() -> None:
    before = memory_stats()["GCGenerations"]
    gc.collect()
    after = memory_stats()["GCGenerations"]
    assert isinstance(before, list)
    assert isinstance(after, list)
    assert after[-1]["Collections"] == before[-1]["Collections"] + 1
    assert [each["Threshold"] for each in after] == list(gc.get_threshold())


def test_secrets_on_the_command_line_are_masked() -> None:
    code = "import json; from corvo_agent.stats.process import command_line; print(json.dumps(command_line()))"
    arguments = ["--password", "hunter2", "--token=abc", "http://kim:geheim@host/", "-v", "serve"]
    answer = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    shown = json.loads(answer.stdout)
    assert shown[0].endswith("python") or "python" in shown[0]
    assert shown[-6:] == ["--password", "***", "--token=***", "http://kim:***@host/", "-v", "serve"]
    assert command_line()[0] == sys.orig_argv[0]


def test_an_open_file_is_counted() -> None:
    before = descriptors()["Open"]
    with open(os.devnull):
        assert descriptors()["Open"] == before + 1
    assert descriptors()["Limit"] > before


def test_context_switches_are_counted() -> None:
    assert context_switches()["Voluntary"] > 0
    assert context_switches()["Involuntary"] >= 0


def test_uptime_counts_from_the_start_of_the_process() -> None:
    assert 0 < uptime(time.time()) < 3600
    assert uptime(0.0) == 0.0


def test_threads_are_listed_with_their_names_main_thread_first() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="worker-7", daemon=True)
    thread.start()
    try:
        shown = thread_list()
        assert shown[0]["Id"] == os.getpid()
        assert {"Id": thread.native_id, "Name": "worker-7", "Daemon": True, "CPUSeconds": 0.0} in shown
        assert len(thread_list(1)) == 1
    finally:
        stop.set()
        thread.join()
