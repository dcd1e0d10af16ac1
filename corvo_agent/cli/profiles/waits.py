"""What a ``block`` profile says to who asks why a service does not answer: what held the loops, who waits for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ...errors import Unsupported
from ...profiles.pprof.model import Profile, Stack
from ...profiles.shown.amounts import quantity
from ...profiles.shown.frames import frame_lines, frames_json
from ...profiles.shown.names import names_text, natural


class Held(NamedTuple):
    """A place, leaf first, at which ``tasks`` lost ``nanoseconds`` in ``times``: a loop's, or those that wait there.

    ``thread`` is that of the loop that stalls, "" for tasks that wait.
    """

    tasks: tuple[str, ...]
    thread: str
    state: str
    stack: Stack
    times: int
    nanoseconds: int


class Waits(NamedTuple):
    """Longest first: ``stalls`` are what held event loops, ``waits`` the tasks that waited. ``seconds``: watched."""

    stalls: tuple[Held, ...]
    waits: tuple[Held, ...]
    seconds: float

    @property
    def by_thread(self) -> dict[str, tuple[int, int]]:
        """How often and for how many nanoseconds the loop of each thread stalled."""
        times: Counter[str] = Counter()
        nanoseconds: Counter[str] = Counter()
        for each in self.stalls:
            times[each.thread] += each.times
            nanoseconds[each.thread] += each.nanoseconds
        return {thread: (times[thread], nanoseconds[thread]) for thread in times}


def waits_of(profile: Profile) -> Waits:
    """Sort a ``block`` profile. Raises Unsupported for one that tells no stalls, such as a Go process's."""
    columns = {each.type: column for column, each in enumerate(profile.sample_types)}
    try:
        stalls = columns["stalls"], columns["stall"]
        waits = columns["contentions"], columns["delay"]
    except KeyError:
        raise Unsupported("blocked", f"the profile tells {', '.join(columns)} only") from None
    return Waits(tuple(_sorted(profile, *stalls)), tuple(_sorted(profile, *waits)), profile.duration_ns / 1e9)


def _sorted(profile: Profile, times: int, nanoseconds: int) -> Iterable[Held]:
    found: dict[tuple[str, str, Stack], Held] = {}
    for sample in profile.samples:
        if not sample.values[times] and not sample.values[nanoseconds]:
            continue
        labels = {label.key: str(label.value) for label in sample.labels}
        place = labels.get("thread", ""), labels.get("state", ""), sample.stack
        held = found.get(place, Held((), *place, 0, 0))
        tasks = {*held.tasks, labels["task"]} if "task" in labels else held.tasks
        spent = held.times + sample.values[times], held.nanoseconds + sample.values[nanoseconds]
        found[place] = Held(tuple(sorted(tasks, key=natural)), *place, *spent)
    return sorted(found.values(), key=lambda each: -each.nanoseconds)


def waits_lines(waits: Waits, count: int, frames: int) -> Iterator[str]:
    """The text: at most ``count`` places of each sort with ``frames`` of their innermost frames."""
    for thread, (times, nanoseconds) in waits.by_thread.items():
        share = f" ({nanoseconds / 1e7 / waits.seconds:.0f} %)" if waits.seconds else ""
        lasted = f"{_text(nanoseconds)} of {waits.seconds:.1f} s{share}"
        yield f"the event loop of {thread} did not turn for {lasted}, in {times} stalls"
    if not waits.stalls:
        yield f"no event loop stalled in {waits.seconds:.1f} s"
    yield from _held_lines(waits.stalls, count, frames, "stalls")
    if waits.waits:
        yield "tasks that waited"
    yield from _held_lines(waits.waits, count, frames, "waits")


def _held_lines(held: tuple[Held, ...], count: int, frames: int, what: str) -> Iterator[str]:
    for each in held[:count]:
        who = names_text(each.tasks) or (f"no task of {each.thread}" if what == "stalls" else "")
        facts = (f"{_text(each.nanoseconds)} in {each.times} {what}", who, f"[{each.state}]" if each.state else "")
        yield f"  {'  '.join(fact for fact in facts if fact)}"
        yield from frame_lines(each.stack, frames, "      ")
    if len(held) > count:
        rest = sum(each.nanoseconds for each in held[count:])
        yield f"  {_text(rest)} at {len(held) - count} other places"


def _text(nanoseconds: int) -> str:
    return quantity(nanoseconds, "nanoseconds")


def waits_json(waits: Waits) -> dict[str, Any]:
    """The same for programs, all of it."""
    return {
        "seconds": waits.seconds,
        "stalls": [_held_json(each) for each in waits.stalls],
        "waits": [_held_json(each) for each in waits.waits],
    }


def _held_json(held: Held) -> dict[str, Any]:
    return {
        "tasks": held.tasks,
        "thread": held.thread,
        "state": held.state,
        "times": held.times,
        "nanoseconds": held.nanoseconds,
        "stack": frames_json(held.stack),
    }
