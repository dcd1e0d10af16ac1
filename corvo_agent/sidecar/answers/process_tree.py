"""A process together with its descendants that run Python: what a service of several workers does as a whole."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import replace

from ...errors import CorvoError, NotFound, Unsupported
from ...profiles.pprof.model import Label, Sample
from ...profiles.sampling.engine import Recording, SamplingOrder
from ...profiles.sampling.py_spy import PySpy
from ...profiles.sampling.py_spy_output import ThreadDump
from ...profiles.stacks.own import NOT_OURS
from ..processes.python_process import python_below

#: Processes of one tree that are looked into; each takes a py-spy of its own.
MAX_PROCESSES = 32
#: The label of a sample that says which process it is of.
PROCESS = "process"


def python_tree(pid: int) -> tuple[list[int], int]:
    """Process ``pid`` and its descendants that run Python, the oldest first, at most ``MAX_PROCESSES``; how many more.

    Raises NotFound when there is no such process. Blocks on reading /proc.
    """
    if not os.path.exists(f"/proc/{pid}"):
        raise NotFound("process", str(pid))
    found = [pid, *python_below(pid)]
    return found[:MAX_PROCESSES], max(len(found) - MAX_PROCESSES, 0)


class TreeEngine:
    """py-spy on whatever process ``pid`` gives at the time; where that is ordered, on those below it as well."""

    name = PySpy.name

    def __init__(self, pid: Callable[[], int], program: Sequence[str] = ()) -> None:
        self._pid = pid
        self._program = tuple(program)

    def unfit(self, order: SamplingOrder) -> str:
        """There is no other engine that could do better."""
        return ""

    async def record(self, order: SamplingOrder) -> Recording:
        """Sample as ordered; the budget is that of all processes together.

        Raises what ``PySpy.record`` raises, of each process when it is so of all, and NotFound while none runs.
        """
        pid = self._pid()
        pids, more = await asyncio.to_thread(python_tree, pid)
        if not order.children:
            recording = await PySpy(pid, self._program).record(order)
            below = f"{len(pids) - 1 + more} processes below it run Python: children=yes profiles them, too"
            return replace(recording, notes=(*recording.notes, *((below,) if len(pids) > 1 else ()), NOT_OURS))
        each = replace(order, budget=max(order.budget / len(pids), 0.1))
        recordings = await asyncio.gather(*(self._one(pid, each) for pid in pids))
        return _merged(dict(zip(pids, recordings, strict=True)), more)

    async def dump(self, *, children: bool) -> dict[int, list[ThreadDump]]:
        """The threads of the process, with ``children`` also those of the processes below it, by their processes.

        Raises as ``record`` does.
        """
        pid = self._pid()
        pids = (await asyncio.to_thread(python_tree, pid))[0] if children else [pid]
        dumps = await asyncio.gather(*(self._dump(each) for each in pids))
        found = {each: dump for each, dump in zip(pids, dumps, strict=True) if not isinstance(dump, CorvoError)}
        if not found:
            raise next(dump for dump in dumps if isinstance(dump, CorvoError))
        return found

    async def _one(self, pid: int, order: SamplingOrder) -> Recording | CorvoError:
        try:
            return await PySpy(pid, self._program).record(order)
        except (NotFound, Unsupported) as error:
            # A worker that is recycled at this moment is no reason to say nothing of the others.
            return error

    async def _dump(self, pid: int) -> list[ThreadDump] | CorvoError:
        try:
            return await PySpy(pid, self._program).dump()
        except (NotFound, Unsupported) as error:
            return error


def _merged(found: dict[int, Recording | CorvoError], more: int) -> Recording:
    recordings = {pid: each for pid, each in found.items() if isinstance(each, Recording)}
    failures = {pid: each for pid, each in found.items() if isinstance(each, CorvoError)}
    if not recordings:
        raise next(iter(failures.values()))
    first = next(iter(recordings.values()))
    samples = [
        Sample(sample.stack, sample.values, (*sample.labels, Label(PROCESS, pid)))
        for pid, recording in recordings.items()
        for sample in recording.samples
    ]
    notes = [f"{len(recordings)} processes: {', '.join(map(str, recordings))}; those that began later are not in it"]
    notes += [f"process {pid}: {error}" for pid, error in failures.items()]
    notes += [f"{more} more processes are left out: at most {MAX_PROCESSES} are looked into"] if more else []
    # What is said of all of them alike is said once.
    alike = [note for note in first.notes if all(note in each.notes for each in recordings.values())]
    notes += alike
    notes += [f"process {pid}: {note}" for pid, each in recordings.items() for note in each.notes if note not in alike]
    return replace(
        first,
        samples=samples,
        asked=sum(each.asked for each in recordings.values()),
        taken=sum(each.taken for each in recordings.values()),
        errors=sum(each.errors for each in recordings.values()),
        cost=sum(each.cost for each in recordings.values()),
        duration_ns=max(each.duration_ns for each in recordings.values()),
        notes=(*notes, NOT_OURS),
        spread=sum(each.spread for each in recordings.values()),
        doubted=sum(each.doubted for each in recordings.values()),
    )
