"""Which pod each module stands for: several may claim one, as replicas on one node and pods that replace others do."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator

from .pods import Pod, modules_of, pod_age, pod_uid
from .source import Gone, Present, SourceEvent

_log = logging.getLogger(__name__)

_Claim = tuple[tuple[str, str], Present]


class PodModules:
    """Turns pods that come, change and go into modules that do: of several pods with one module the newest counts."""

    def __init__(self) -> None:
        #: Module -> uid of each pod that has it -> the age of that pod, and what it says of the module.
        self._claims: dict[str, dict[str, _Claim]] = {}
        #: Uid -> the modules of that pod.
        self._names: dict[str, set[str]] = {}
        self._told: dict[str, Present] = {}

    def put(self, pod: Pod) -> Iterator[SourceEvent]:
        """A pod that is new or has changed."""
        uid, age = pod_uid(pod), pod_age(pod)
        before, self._names[uid] = self._names.get(uid, set()), set()
        for present in modules_of(pod):
            self._names[uid].add(present.name)
            self._claims.setdefault(present.name, {})[uid] = (age, present)
            yield from self._settle(present.name)
        yield from self._withdraw(uid, before - self._names[uid])

    def remove(self, pod: Pod) -> Iterator[SourceEvent]:
        """A pod that is gone."""
        uid = pod_uid(pod)
        yield from self._withdraw(uid, self._names.pop(uid, set()))

    def replace(self, pods: Collection[Pod]) -> Iterator[SourceEvent]:
        """A full list: everything in it is told again, and what it lacks is gone."""
        before = set(self._told)
        self._claims.clear()
        self._names.clear()
        self._told.clear()
        # The newest first: it is the only one of its modules to be told.
        for pod in sorted(pods, key=pod_age, reverse=True):
            yield from self.put(pod)
        yield from (Gone(name) for name in sorted(before - self._told.keys()))

    def _withdraw(self, uid: str, names: Collection[str]) -> Iterator[SourceEvent]:
        for name in sorted(names):
            del self._claims[name][uid]
            yield from self._settle(name)

    def _settle(self, name: str) -> Iterator[SourceEvent]:
        """Tell what holds of a module now, if that is news."""
        claims = self._claims[name]
        if not claims:
            del self._claims[name]
            if self._told.pop(name, None) is not None:
                yield Gone(name)
            return
        _, present = max(claims.values(), key=lambda claim: claim[0])
        if len(claims) > 1:
            _log.debug("%d pods have the module %s, %s counts", len(claims), name, present.status.service)
        if self._told.get(name) != present:
            self._told[name] = present
            yield present
