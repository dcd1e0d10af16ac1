"""Profiles of a CPython process that the sidecar does not live in, by py-spy."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ...errors import NotFound
from ...profiles.kind import CHILDREN, ProfileKind, ProfileRequest
from ...profiles.kinds.cmdline import join
from ...profiles.kinds.cpu import CpuKind, wants_children
from ...profiles.kinds.goroutine import GOROUTINE
from ...profiles.pacing.exclusive import Exclusive
from ...profiles.pprof.encoder import encode_off_loop
from ...profiles.pprof.model import Label, Profile, Sample
from ...profiles.program import named
from ...profiles.sampling.py_spy_output import ThreadDump
from ...profiles.stacks.own import NOT_OURS
from ..target.process import FindTarget
from .outside_tasks import tasks_from_outside
from .process_tree import PROCESS, TreeEngine


def process_kinds(find: FindTarget, program: Sequence[str] = ()) -> tuple[ProfileKind, ...]:
    """``profile``, ``goroutine`` and ``cmdline`` of the process that ``find`` finds when it is asked.

    ``program`` is how py-spy is called; it is looked for unless given. What needs the inside of a process (its heap,
    its locks, its tasks) is not offered.
    """
    target = _Target(find)
    # Not that of this process: profiling the sidecar and its target at once is fine.
    exclusive = Exclusive("CPU profiles of the process at a time")
    engine = TreeEngine(target.pid, program)
    return (
        CpuKind([engine], target.program, exclusive, trees=True),
        ThreadDumpKind(engine, target.program),
        CommandLineKind(target.pid),
    )


class _Target:
    """The process now; raises NotFound while it does not run."""

    def __init__(self, find: FindTarget) -> None:
        self._find = find

    def pid(self) -> int:
        """Its number."""
        identity = self._find()
        if identity is None:
            raise NotFound("process", "of the module", "it does not run, or not here")
        return identity.pid

    def program(self) -> str:
        """The file that it runs, "" when that cannot be told."""
        identity = self._find()
        try:
            if identity is None:
                return ""
            return named(os.readlink(f"/proc/{identity.pid}/exe"), f"/proc/{identity.pid}/root")
        except OSError:
            return ""


class ThreadDumpKind:
    """``goroutine`` of a foreign process: every thread with its Python stack, and its tasks where they can be seen.

    Parameter: ``children`` (no, yes: of the processes below it, too).
    """

    name = "goroutine"
    parameters: tuple[str, ...] = (CHILDREN,)
    default_seconds: float | None = None

    def __init__(self, engine: TreeEngine, file: Callable[[], str]) -> None:
        self._engine = engine
        self._file = file

    async def take(self, request: ProfileRequest) -> bytes:
        """A gzipped pprof profile with the sample type ``goroutine``. Raises what ``TreeEngine.dump`` raises."""
        time_ns = time.time_ns()
        children = wants_children(request)
        dumps = await self._engine.dump(children=children)
        samples: list[Sample] = []
        said: dict[int, str] = {}
        for pid, threads in dumps.items():
            tasks, remark = await tasks_from_outside(pid, threads)
            labels = (Label(PROCESS, pid),) if children else ()
            samples += [each._replace(labels=(*each.labels, *labels)) for each in (*map(_sample, threads), *tasks)]
            said[pid] = remark
        profile = Profile(
            sample_types=(GOROUTINE,),
            samples=samples,
            default_sample_type=GOROUTINE.type,
            period_type=GOROUTINE,
            period=1,
            time_ns=time_ns,
            comments=("threads as py-spy saw them without stopping them", *_remarks(said), NOT_OURS),
            program=self._file(),
        )
        return await encode_off_loop(profile)


def _remarks(said: Mapping[int, str]) -> list[str]:
    """What is said of each process; of all alike, once."""
    if len(set(said.values())) == 1:
        return list(said.values())[:1]
    return [f"process {pid}: {remark}" for pid, remark in said.items()]


def _sample(thread: ThreadDump) -> Sample:
    state = "running" if thread.active else "waiting"
    labels = [Label("thread", thread.name), Label("tid", thread.native_id), Label("state", state)]
    if thread.owns_gil:
        labels.append(Label("gil", "held"))
    return Sample(thread.stack, (1,), tuple(labels))


class CommandLineKind:
    """``cmdline`` of a foreign process."""

    name = "cmdline"
    parameters: tuple[str, ...] = ()
    default_seconds: float | None = None

    def __init__(self, pid: Callable[[], int]) -> None:
        self._pid = pid

    async def take(self, request: ProfileRequest) -> bytes:
        """Its arguments with a NUL between them, secrets masked. Raises NotFound when it does not run."""
        pid = self._pid()
        try:
            text = Path(f"/proc/{pid}/cmdline").read_bytes()  # noqa: ASYNC240 - the kernel answers from memory
        except OSError:
            raise NotFound("process", str(pid)) from None
        return join(text.rstrip(b"\0").decode("utf-8", "surrogateescape").split("\0"))
