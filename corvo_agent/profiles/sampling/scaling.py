"""Looks -> processor time: what a thread used, by the kernel, is divided among the looks at it.

A look from outside finds a thread ready to run, which on a crowded processor is far from running. So the totals are
not counted but read, see ``kernel_clocks``, and only the shares between the lines of one thread come from looks. What
was used without a look is a sample of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from ..pprof.model import Label, Sample, Stack
from .engine import UNSEEN
from .kernel_clocks import ProcessUse, ThreadUse
from .kernel_clocks import waiting as waiting_note
from .py_spy_output import SeenStack

#: Address of a pthread -> its number in its own pid namespace, for addresses and numbers.
FindIds = Callable[[Collection[int], Collection[int]], dict[int, int]]
# What ended threads are found to have used may be wrong by the ticks that the clocks of living ones are behind.
_LEAST_REST_NS = 20_000_000
_LEAST_DOUBT = 0.05


@dataclass(slots=True)
class Account:
    """What was scaled, over all stretches of a recording. Times in nanoseconds."""

    #: By the kernel: on a processor, and waiting for one.
    used: int = 0
    waited: int = 0
    #: What was used by threads that were looked at, and how much of that by looks without a processor: a thread that
    #: used a third of what the looks at it claim alone was looked at without one in two thirds of them.
    looked_at: int = 0
    waiting: float = 0.0
    #: How much may be at another line than where it was: by looks at threads that waited after they were woken, which
    #: are seen where they slept. One that lost its processor to another is seen where it works.
    doubted: float = 0.0
    #: The sum of the squares of what independent looks are worth.
    spread: float = 0.0
    unseen: int = 0
    #: Threads that were seen as running and used nothing.
    idle: set[str] = field(default_factory=set)
    #: Whether some threads could not be told from each other, so that only their sum is known.
    merged: bool = False
    #: Whether the sampler could not see who waits, so that it took all threads for running.
    blind: bool = False
    exact: bool = True
    #: Whether the clocks could be read at all.
    scaled: bool = False

    @property
    def doubt(self) -> float:
        """The share of the looks, 0 to 1, that were at moments without a processor."""
        return self.waiting / self.looked_at if self.looked_at else 0.0

    def notes(self, duration_ns: int) -> tuple[str, ...]:
        """What an answer has to say of it."""
        notes = [f"cpu is by the kernel's clocks: {_seconds(self.used)} used" + self._details()]
        notes += waiting_note(self.waited, duration_ns)
        if self.doubt > _LEAST_DOUBT:
            notes.append(
                f"{100 * self.doubt:.0f} % of the looks were at moments without a processor: totals of threads are"
                " right, shares between the lines of one thread less so"
            )
        if self.blind:
            notes.append("the looks could not tell waiting from running: a thread's lines include where it waits")
        if self.idle:
            notes.append(f"left out, as they used no processor: {len(self.idle)} threads that looked as if they ran")
        if self.merged:
            notes.append("some threads could not be told apart: what they used is divided among all looks at them")
        return tuple(notes)

    def _details(self) -> str:
        unseen = f", {_seconds(self.unseen)} of it without a look, shown as {UNSEEN.function}" if self.unseen else ""
        return unseen + ("" if self.exact else "; in ticks only: a thread that ran for little of one may be missing")


def _seconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e9:.2f} s"


class Worths:
    """Samples with two values, looks and nanoseconds; equal ones are added up."""

    def __init__(self) -> None:
        self._worths: dict[tuple[Stack, tuple[Label, ...]], tuple[int, float]] = {}
        self.account = Account()

    def samples(self) -> list[Sample]:
        """What was added."""
        found = self._worths.items()
        return [Sample(stack, (looks, round(worth)), labels) for (stack, labels), (looks, worth) in found]

    def add(self, stack: Stack, thread: str, tid: int, looks: int, worth: float) -> None:
        """A stack of a thread; ``tid`` is 0 where its number is not known."""
        key = stack, (Label("thread", thread), Label("tid", tid)) if tid else (Label("thread", thread),)
        before = self._worths.get(key, (0, 0.0))
        self._worths[key] = before[0] + looks, before[1] + worth

    def add_counted(self, seen: Sequence[SeenStack], period_ns: int, alike: float = 1.0) -> None:
        """Every look stands for ``period_ns``; ``alike`` of them are worth one that is independent of the others."""
        self.account.spread += alike * period_ns**2 * sum(each.looks for each in seen)
        for each in seen:
            self.add(each.stack, each.thread, each.native_id, each.looks, float(each.looks * period_ns))

    def add_scaled(
        self, seen: Sequence[SeenStack], period_ns: int, use: ProcessUse, find: FindIds, alike: float = 1.0
    ) -> None:
        """The looks at a thread stand for what ``use`` says that it used, together; ``alike`` as in add_counted."""
        addresses = {each.address for each in seen if each.address}
        inner = find(addresses, use.inner.keys()) if addresses else {}
        tids = [use.inner.get(inner.get(each.address, each.native_id), 0) for each in seen]
        looks: Counter[int] = Counter()
        for tid, each in zip(tids, seen, strict=True):
            looks[tid] += each.looks
        used = {tid: each.used for tid, each in use.threads.items()}
        # The threads that no number is known of have, together, what is left: as those that ended too early to be read.
        without = {tid: spent for tid, spent in used.items() if tid not in looks and spent}
        rest = max(use.used - sum(used.values()), 0)
        if looks[0]:
            used[0] = rest + sum(without.values())
        for tid, each in zip(tids, seen, strict=True):
            if used[tid]:
                self.add(each.stack, each.thread, tid, each.looks, used[tid] * each.looks / looks[tid])
            else:
                self.account.idle.add(f"{each.thread} {tid}")
        unseen = 0
        if not looks[0]:
            for tid, spent in without.items():
                self.add((UNSEEN,), use.threads[tid].name, tid, 0, spent)
            unseen = sum(without.values())
            if rest > _LEAST_REST_NS:
                self.add((UNSEEN,), "ended", 0, 0, rest)
                unseen += rest
        self._settle(looks, used, unseen, period_ns, use, alike)
        self.account.blind |= bool(addresses) or use.nested

    def _settle(
        self,
        looks: Counter[int],
        used: dict[int, int],
        unseen: int,
        period_ns: int,
        use: ProcessUse,
        alike: float,
    ) -> None:
        account = self.account
        account.scaled = True
        account.used += use.used
        account.waited += use.waited
        account.unseen += unseen
        claims = {tid: count * period_ns for tid, count in looks.items() if used[tid]}
        account.looked_at += sum(used[tid] for tid in claims)
        for tid, claim in claims.items():
            account.spread += (alike + _alike_by_waiting(use, tid, period_ns)) * used[tid] ** 2 / looks[tid]
            account.waiting += used[tid] * max(1 - used[tid] / claim, 0)
            account.doubted += used[tid] * max(1 - (used[tid] + _displaced(use.threads.get(tid))) / claim, 0)
        account.merged |= looks[0] > 0
        account.exact &= use.exact


def _displaced(use: ThreadUse | None) -> float:
    """Nanoseconds that a thread waited for a processor in the middle of its work; 0 where that is unknown."""
    waits = 0 if use is None else use.slept + use.displaced
    return use.waited * use.displaced / waits if use is not None and waits else 0.0


def _alike_by_waiting(process: ProcessUse, tid: int, period_ns: int) -> float:
    """How many more looks are worth one that is independent, as those in one wait of a thread find the same.

    As of a sampler that waits, see ``py_spy``: here it is the thread that does, in the middle of its work.
    """
    use = process.threads.get(tid)
    if use is None or not use.displaced or not process.seconds:
        return 0.0
    waited = _displaced(use)
    return 4 * waited * waited / use.displaced / period_ns / (process.seconds * 1e9)
