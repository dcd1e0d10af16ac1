"""Threads and tasks of a goroutine profile, sorted for people."""

from __future__ import annotations

from corvo_agent.profiles.pprof.model import Frame, Label, Profile, Sample, ValueType
from corvo_agent.profiles.shown.stack_tree import StackTree, stack_tree, tree_json, tree_lines
from corvo_agent.profiles.stacks.own import NOT_OURS

WORK = Frame("shop.work", "/srv/shop/work.py", 7)
WAIT = Frame("asyncio.locks.Event.wait", "/usr/lib/python3.11/asyncio/locks.py", 213)
OURS = Frame("corvo_agent.agent.agent.Agent.run", "/usr/lib/python3.11/site-packages/corvo_agent/agent/agent.py", 1)


def task(name: str, *waits_for: str, stack: tuple[Frame, ...] = (WAIT, WORK), age: int = 0) -> Sample:
    labels = [Label("thread", "MainThread"), Label("task", name), Label("state", "waiting: task")]
    labels += [Label("waits_for", other) for other in waits_for]
    labels += [Label("age", age, "nanoseconds")] if age else []
    return Sample(stack, (1,), tuple(labels))


def thread(name: str, *stack: Frame) -> Sample:
    return Sample(stack, (1,), (Label("thread", name), Label("state", "waiting")))


def tree(*samples: Sample, comments: tuple[str, ...] = (), everything: bool = False) -> StackTree:
    profile = Profile((ValueType("goroutine", "count"),), samples, comments=comments)
    return stack_tree(profile, everything=everything)


def lines(found: StackTree, frames: int = 8) -> list[str]:
    return list(tree_lines(found, frames))


def test_what_will_never_go_on_comes_before_what_is_late() -> None:
    late = "the event loop did not answer for 0.1 s: stuck in shop.work"
    found = tree(comments=("engine: x", late, "deadlock: a waits for b waits for a"))
    assert lines(found) == ["deadlock: a waits for b waits for a", late]
    assert found.comments == ("engine: x",)


def test_tasks_at_one_place_are_one_entry_and_the_oldest_tells_the_age() -> None:
    found = tree(*(task(f"w-{number}", age=number * 10**9) for number in (10, 9, 2)))
    assert lines(found, 1) == [
        "3 tasks",
        "  3 x w-2, w-9, w-10  [waiting: task]  10.00s",
        "      asyncio.locks.Event.wait  asyncio/locks.py:213",
        "      ... 1 more frames",
    ]


def test_of_several_processes_each_thread_tells_its_own_and_equal_names_are_one() -> None:
    workers = [thread("worker", WORK), thread("worker", WORK), thread("worker", WORK)]
    several = [
        each._replace(labels=(*each.labels, Label("process", pid)))
        for each, pid in zip(workers, (7, 7, 8), strict=True)
    ]
    found = tree(*several, comments=(NOT_OURS,))
    assert [line for line in lines(found) if "worker" in line] == [
        "  2 x worker  [waiting]  process 7",
        "  worker  [waiting]  process 8",
    ]
    assert [each["process"] for each in tree_json(found)["threads"]] == [7, 8]
    # That is for programs.
    assert found.comments == ()


def test_those_in_a_ring_come_first_and_the_first_of_them_is_the_root() -> None:
    found = tree(task("idle"), task("a", "b"), task("b", "a"), comments=("deadlock: a waits for b waits for a",))
    assert [node.names for node in found.tasks] == [["a"], ["idle"]]
    assert [node.names for node in found.tasks[0].awaits] == [["b"]]
    assert found.tasks[0].awaits[0].awaits == []


def test_a_name_that_several_tasks_bear_leads_to_none_of_them() -> None:
    found = tree(task("root", "twin"), task("twin"), task("twin", stack=(WORK,)))
    assert all(node.awaits == [] for node in found.tasks)
    assert sum(node.count for node in found.tasks) == 3


def test_a_chain_is_as_deep_as_there_are_tasks() -> None:
    found = tree(*(task(str(number), str(number + 1)) for number in range(300)))
    assert len(found.tasks) == 1
    assert len([line for line in lines(found) if "[waiting: task]" in line]) == 300


def test_a_task_that_waits_for_itself_is_a_root() -> None:
    assert [node.names for node in tree(task("self", "self")).tasks] == [["self"]]


def test_the_agent_s_own_are_counted_and_left_out() -> None:
    samples = (thread("worker", WORK), thread("corvo", OURS), task("own", stack=(WAIT, OURS)))
    hidden, everything = tree(*samples), tree(*samples, everything=True)
    assert ([node.names for node in hidden.threads], hidden.tasks, hidden.own) == ([["worker"]], (), 2)
    assert (len(everything.threads), len(everything.tasks), everything.own) == (2, 1, 0)


def test_goroutines_of_a_go_process_have_no_names() -> None:
    found = tree(Sample((Frame("main.work", "/src/main.go", 3),), (40,)))
    assert lines(found) == ["40 threads", "  40 x goroutine", "      main.work  /src/main.go:3"]


def test_programs_get_whole_paths_and_the_tree() -> None:
    value = tree_json(tree(task("a", "b"), task("b")))
    assert value["tasks"][0]["awaits"][0]["names"] == ["b"]
    assert value["tasks"][0]["stack"][0]["file"] == WAIT.filename
