"""Profiles of all processes of a Module, taken at once and put together; each sample says whose it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain

from ..diagnostics.messages.payloads import decode_profile, profile_payload
from ..diagnostics.query import DebugQuery, Payload
from ..errors import CorvoError, DecodeError, InvalidArgument, NotFound
from ..profiles.pprof.encoder import encode
from ..profiles.pprof.model import Label, Profile, Sample
from ..profiles.pprof.reader import decode
from ..threads import in_thread
from .connection import SHARE, WorkerConnection
from .workers import Workers

#: Seconds that a process gets where the caller sets no deadline: it may measure for two minutes.
PATIENCE = 150.0
_GZIP = b"\x1f\x8b"


class HubProfiles:
    """Answers ``Profile`` for ``workers`` of the Module ``name``; the parameter ``worker`` chooses among them."""

    def __init__(self, workers: Workers, name: Callable[[], str]) -> None:
        self._workers = workers
        self._name = name

    async def start(self) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to do."""

    async def handle(self, query: DebugQuery) -> Payload:
        """One profile of all that were chosen, with the label ``worker`` on each sample.

        One of them that does not answer is named in a comment. Raises what all of them raise, NotFound and
        InvalidArgument for a worker that there is not, or when several were chosen for what cannot be put together.
        """
        parameters = dict(query.parameters)
        chosen = self._workers.choose(parameters.pop("worker", "").strip(), self._name())
        if not chosen:
            raise NotFound("process of the module", self._name(), "none is connected")
        asked = replace(query, parameters=parameters)
        patience = PATIENCE if query.seconds is None else query.seconds * SHARE
        answers = await asyncio.gather(*(worker.ask(asked, patience) for worker in chosen), return_exceptions=True)
        taken: list[tuple[WorkerConnection, bytes]] = []
        failed: list[tuple[WorkerConnection, CorvoError]] = []
        for worker, answer in zip(chosen, answers, strict=True):
            if isinstance(answer, CorvoError):
                failed.append((worker, answer))
            elif isinstance(answer, BaseException):
                raise answer
            else:
                taken.append((worker, decode_profile(answer.value)))
        if not taken:
            raise failed[0][1]
        if not all(data.startswith(_GZIP) for _, data in taken):
            return profile_payload(_only(taken, self._workers.connected))
        return profile_payload(await in_thread(lambda: _together(taken, failed), "corvo-merge-profiles"))


def _only(taken: Sequence[tuple[WorkerConnection, bytes]], workers: Iterable[WorkerConnection]) -> bytes:
    if len(taken) > 1:
        reason = "this profile cannot be put together from several processes: name one"
        raise InvalidArgument("worker", None, reason, [worker.id for worker in workers])
    return taken[0][1]


def _together(
    taken: Sequence[tuple[WorkerConnection, bytes]], failed: Sequence[tuple[WorkerConnection, CorvoError]]
) -> bytes:
    profiles = [(worker, decode(data)) for worker, data in taken]
    first = profiles[0][1]
    for worker, profile in profiles:
        if profile.sample_types != first.sample_types:
            raise DecodeError(f"profile of {worker.name}", "it measures something else than the others'")
    comments = [f"{worker.name}: {comment}" for worker, profile in profiles for comment in profile.comments]
    return encode(
        replace(
            first,
            samples=chain.from_iterable(_labelled(worker, profile) for worker, profile in profiles),
            time_ns=min(profile.time_ns for _, profile in profiles),
            duration_ns=max(profile.duration_ns for _, profile in profiles),
            comments=(*comments, *(f"{worker.name} is missing: {error}" for worker, error in failed)),
        )
    )


def _labelled(worker: WorkerConnection, profile: Profile) -> Iterable[Sample]:
    labels = (Label("worker", worker.id), Label("pid", worker.pid))
    return (sample._replace(labels=(*sample.labels, *labels)) for sample in profile.samples)
