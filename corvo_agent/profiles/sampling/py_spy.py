"""The engine that looks from outside: the py-spy program reads the target's memory, so the GIL does not bias it.

It always runs without pausing its target. Measured with py-spy 0.4.3: pausing 200 mostly idle threads at 100 Hz made
the target thirteen times slower and showed idle threads as running; without pausing the target kept its speed and
the shares of a known load were as true. A stack that changes while it is read is an error that py-spy counts.

What it takes for running may also wait for a processor, so in mode ``cpu`` its looks are scaled by the kernel's clocks.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import psutil

from ...errors import DeadlineExceeded, NotFound, Unsupported
from ..pacing.pace import Pace, off_loop
from ..stacks.naming import ModuleNames, loaded_modules
from .budget import first_rate, lower_rate, share_percent, usable_cpus
from .engine import Mode, Recording, SamplingOrder
from .kernel_clocks import Delays, KernelClocks, ProcessUse, delays
from .pthread_ids import kernel_ids
from .ptrace import remote_debugging_disabled, traceable_by
from .py_spy_output import Names, SeenStack, ThreadDump, errors_in, files_in_raw, parse_dump, parse_raw, seconds_behind
from .py_spy_process import TOO_DEEP, PySpyProcess, find_py_spy, has_ended, run_py_spy
from .scaling import Account, Worths
from .thread_states import with_kernel_states

_START_SECONDS = 10.0
_DUMP_SECONDS = 30.0
_CHECK_SECONDS = 0.25
# Stacks that change while they are read are usual: a share of the looks from which on they are worth a remark.
_WORTH_TELLING = 0.05
_FLAGS = {Mode.CPU: (), Mode.WALL: ("--idle",), Mode.GIL: ("--gil",)}


@dataclass(frozen=True, slots=True)
class _Stretch:
    """One run of py-spy at one rate, from ``time_ns`` on.

    ``busy`` is its processor time while it sampled, ``delays`` how it was kept waiting, ``use`` what its target used.
    """

    hz: float
    time_ns: int
    seconds: float
    busy: float
    delays: Delays
    behind: float
    output: bytes
    use: ProcessUse

    def looks(self, seen: Sequence[SeenStack]) -> int:
        """How often it looked, at what gave ``seen``.

        The ones that it was late with were not made; but it may have caught up since it said so, and it looks at a
        thread once at most.
        """
        threads: Counter[object] = Counter()
        for each in seen:
            threads[each.native_id or each.address or each.thread] += each.looks
        return max(round((self.seconds - self.behind) * self.hz), *threads.values(), 1)

    @property
    def alike(self) -> float:
        """How many looks are worth one that is independent of the others.

        py-spy looks at random moments; those that it misses while it waits for a processor it makes up for all at once,
        and they find the same. Of n looks at a rate r in a time T they make n / (1 + r * sum(w * w) / T) independent
        ones (Kish's design effect of clusters), w being each wait. The kernel tells their sum and number: the sum of
        their squares is their mean times their sum, times 2 if they were distributed exponentially. They vary more: of
        few long ones and many short ones it was 4, measured.
        """
        waited = self.delays.waited / 1e9
        return 1 + 4 * self.hz * waited * waited / max(self.delays.turns, 1) / self.seconds


class PySpy:
    """The engine ``py-spy`` for the process ``pid``, this one by default.

    ``program`` is how py-spy is called; by default it is looked for beside the interpreter and on PATH. Modes
    ``cpu``, ``wall`` and ``gil``. Files of the target are read for line numbers, through its own root.
    """

    name = "py-spy"

    def __init__(self, pid: int | None = None, program: Sequence[str] = ()) -> None:
        self._pid = os.getpid() if pid is None else pid
        self._program = tuple(program)

    async def record(self, order: SamplingOrder) -> Recording:
        """Sample as ordered; within the budget, at a lower rate if need be.

        Raises Unsupported when py-spy is missing, forbidden, refused by the system or does not begin, NotFound when
        there is no such process. When that one ends meanwhile, the recording is what was seen until then, and says so.
        When cancelled, py-spy has ended afterwards.
        """
        self._check()
        cpus = usable_cpus()
        hz = first_rate(order.hz, _threads(self._pid), order.budget, cpus)
        end = time.monotonic() + order.seconds
        stretches: list[_Stretch] = []
        # py-spy cannot change its rate while it runs: too expensive, it is started again with a lower one.
        while not stretches or end - time.monotonic() > 2 * _CHECK_SECONDS:
            stretch = await self._sample(order, hz, max(end - time.monotonic(), _CHECK_SECONDS), cpus)
            stretches.append(stretch)
            lower = lower_rate(hz, _share(stretch, cpus), order.budget)
            if lower == hz or order.is_over:
                break
            hz = lower
        return await off_loop(lambda pace: self._recording(order, stretches, cpus, pace))

    async def dump(self, *, pausing: bool = False) -> list[ThreadDump]:
        """Every thread with its stack, now; ``pausing`` stops the process for the look. Raises as ``record`` does."""
        self._check()
        arguments = ["dump", "--json", "--full-filenames", "--pid", str(self._pid)]
        arguments += [] if pausing else ["--nonblocking"]
        async with run_py_spy(self._program, self._pid, *arguments) as process:
            with traceable_by(process.pid):
                if not await process.ended_within(_DUMP_SECONDS):
                    raise DeadlineExceeded("py-spy", _DUMP_SECONDS)
        failure = process.failure()
        if failure is not None:
            raise failure
        return await off_loop(
            lambda pace: with_kernel_states(self._pid, parse_dump(bytes(process.output), self._names()))
        )

    def unfit(self, order: SamplingOrder) -> str:
        """Why another engine would do better, "" when this one is fit: too many threads, or not possible at all."""
        try:
            self._check()
        except Unsupported as error:
            return error.reason
        threads = _threads(self._pid)
        rate = first_rate(order.hz, threads, order.budget, usable_cpus())
        return f"with {threads} threads it can afford {rate:.0f} Hz only" if rate < order.hz / 4 else ""

    def _check(self) -> None:
        setting = remote_debugging_disabled(self._pid)
        if setting:
            raise Unsupported("py-spy", f"{setting} forbids looking into process {self._pid}")
        if not self._program:
            found = find_py_spy()
            if found is None:
                raise Unsupported("py-spy", "it is not installed; it comes with the extra corvo-agent[profiling]")
            self._program = (found,)

    async def _sample(self, order: SamplingOrder, hz: float, seconds: float, cpus: float) -> _Stretch:
        arguments = ["record", "--nonblocking", "--full-filenames", "--threads", "--format", "raw"]
        # py-spy takes whole numbers only.
        hz = round(hz)
        arguments += ["--output", "/dev/stdout", "--pid", str(self._pid), "--rate", str(hz), *_FLAGS[order.mode]]
        # We end it ourselves, in time also when it is late. This is for the case that we die first.
        arguments += ["--duration", f"{seconds + 5:.0f}"]
        async with run_py_spy(self._program, self._pid, *arguments) as process:
            with traceable_by(process.pid):
                await _started(process, self._pid)
                clocks, before = KernelClocks(self._pid), delays(process.pid)
                busy = await _watch(process, clocks, order, hz, seconds, cpus)
                use, after = clocks.use(), delays(process.pid)
        failure = process.failure()
        if failure is not None:
            raise failure
        behind = seconds_behind(process.output + process.messages)
        delayed = Delays(max(after.waited - before.waited, 0), max(after.turns - before.turns, 0))
        # Not by a clock of ours: on a crowded machine this process waits between two lines.
        lasted = max(use.seconds, 1e-9)
        return _Stretch(hz, clocks.time_ns, lasted, busy, delayed, behind, bytes(process.output), use)

    def _recording(self, order: SamplingOrder, stretches: list[_Stretch], cpus: float, pace: Pace) -> Recording:
        names, worths = self._names(), Worths()
        names.learn({each for stretch in stretches for each in files_in_raw(pace.over(stretch.output.split(b"\n")))})
        taken = period_ns = 0
        for stretch in stretches:
            seen = list(pace.over(parse_raw(stretch.output.split(b"\n"), names)))
            looks = stretch.looks(seen)
            taken, period_ns = taken + looks, round(1e9 * stretch.seconds / looks)
            # Without clocks it has ended before they could be read.
            if order.mode is Mode.CPU and stretch.use.threads:
                find = partial(kernel_ids, self._pid)
                worths.add_scaled(seen, period_ns, stretch.use, find, stretch.alike)
            else:
                worths.add_counted(seen, period_ns, stretch.alike)
        last, errors = stretches[-1], sum(errors_in(each.output) for each in stretches)
        seconds = sum(each.seconds for each in stretches)
        account = worths.account
        return Recording(
            engine=self.name,
            samples=worths.samples(),
            time_ns=stretches[0].time_ns,
            duration_ns=round(seconds * 1e9),
            period_ns=period_ns,
            asked=round(order.seconds * order.hz),
            taken=taken,
            errors=errors,
            cost=share_percent(sum(each.busy for each in stretches), seconds, cpus),
            notes=(
                *_ended(self._pid, seconds, order),
                *_notes(order, last, cpus, errors, taken),
                *_scaled(order, account, seconds),
            ),
            spread=account.spread,
            doubted=account.doubted,
        )

    def _names(self) -> Names:
        if self._pid == os.getpid():
            return Names(ModuleNames(loaded_modules()))
        # The modules of another process are not loaded here: only the path of a file tells its module.
        return Names(root=f"/proc/{self._pid}/root")


async def _started(process: PySpyProcess, pid: int) -> None:
    try:
        async with asyncio.timeout(_START_SECONDS):
            await process.started()
    except TimeoutError:
        reason = f"it did not begin within {_START_SECONDS:g} s; that is so where {TOO_DEEP}"
        raise Unsupported(f"looking into process {pid} with py-spy", reason) from None


async def _watch(
    process: PySpyProcess, clocks: KernelClocks, order: SamplingOrder, hz: float, seconds: float, cpus: float
) -> float:
    """Let it sample until the time is over, it has ended or it costs too much: its processor time."""
    began, before = time.monotonic(), process.busy_seconds()
    lasted = busy = 0.0
    while lasted < seconds and not await process.ended_within(min(seconds - lasted, _CHECK_SECONDS)):
        clocks.poll()
        lasted = time.monotonic() - began
        busy = process.busy_seconds() - before
        # A single check is too short to tell: the kernel counts in hundredths of a second.
        too_dear = lower_rate(hz, share_percent(busy, lasted, cpus), order.budget) < hz
        if order.is_over or (too_dear and lasted >= 2 * _CHECK_SECONDS):
            break
    return max(busy, 0.0)


def _share(stretch: _Stretch, cpus: float) -> float:
    return share_percent(stretch.busy, stretch.seconds, cpus)


def _notes(order: SamplingOrder, last: _Stretch, cpus: float, errors: int, taken: int) -> tuple[str, ...]:
    notes = [f"cost is the processor time of py-spy, of {cpus:g} processors; its target is not paused"]
    if last.hz < order.hz:
        notes.append(f"rate lowered to {last.hz:.0f} Hz")
        if share_percent(last.busy, last.seconds, cpus) > order.budget:
            notes.append("the budget is not kept: a lower rate would say nothing")
    if errors > _WORTH_TELLING * taken:
        notes.append(f"{errors} stacks could not be read: they changed while they were read, or {TOO_DEEP}")
    if last.behind:
        notes.append(f"py-spy was {last.behind:.1f} s late in the end: shares are less exact")
    return tuple(notes)


def _ended(pid: int, seconds: float, order: SamplingOrder) -> tuple[str, ...]:
    if not has_ended(pid):
        return ()
    return (f"the process has ended after {seconds:.1f} of {order.seconds:g} s: this is what was seen until then",)


def _scaled(order: SamplingOrder, account: Account, seconds: float) -> tuple[str, ...]:
    if order.mode is not Mode.CPU:
        return ()
    if not account.scaled:
        return ("no clocks of the kernel could be read: a thread that waits for a processor counts as running",)
    return account.notes(round(seconds * 1e9))


def _threads(pid: int) -> int:
    try:
        return int(psutil.Process(pid).num_threads())
    except psutil.NoSuchProcess:
        raise NotFound("process", str(pid)) from None
