"""The Profile query: finds the kind, checks the time it would take, and packs what it measured."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from ...errors import AlreadyExists, InvalidArgument
from ...profiles.kind import ProfileKind, ProfileRequest, parse_number
from ..messages.payloads import profile_payload
from ..query import DebugQuery, Payload

MAX_SECONDS = 120.0
_SHORTEST = 0.01
# Seconds that a caller without a deadline waits for its turn, and that packing a profile may take.
_PATIENCE, _PACKING = 1.0, 3.0
_NAME = "profile"
# Names that are no path: they may become part of one.
_OTHER_NAME = re.compile(r"[.\-]*\w[\w.\-]*", re.ASCII)


class ProfileHandler:
    """Answers ``Profile`` queries with one of ``kinds``, by default those of this process.

    A function in place of ``kinds`` is called at the first query: an agent that is never asked for a profile does not
    carry the modules that take them (2 MiB). ``other`` makes the kind of a name that is not among them, where not all
    are known beforehand. ``max_seconds`` bounds how long a caller may let it measure. Raises
    AlreadyExists when two kinds bear one name.
    """

    def __init__(
        self,
        kinds: Iterable[ProfileKind] | Callable[[], Iterable[ProfileKind]] | None = None,
        *,
        other: Callable[[str], ProfileKind] | None = None,
        max_seconds: float = MAX_SECONDS,
    ) -> None:
        self._max_seconds = max_seconds
        self._other = other
        self._make = _of_this_process if kinds is None else kinds
        if not callable(self._make):
            self._make = tuple(self._make)
            _by_name(self._make)

    @cached_property
    def _kinds(self) -> dict[str, ProfileKind]:
        return _by_name(self._make() if callable(self._make) else self._make)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names that the parameter ``profile`` may have, sorted."""
        return tuple(sorted(self._kinds))

    async def start(self) -> None:
        """Nothing to do: kinds measure only while they are asked."""

    async def stop(self) -> None:
        """Nothing to do: what runs belongs to its query and is cancelled with it."""

    async def handle(self, query: DebugQuery) -> Payload:
        """Measure and answer; cancelling it ends the measuring.

        Raises InvalidArgument for an unknown profile, parameter or value and for a time that the caller would not
        wait for, ResourceExhausted when other CPU profiles run for longer than that, Unsupported where the system does
        not allow it.
        """
        kind = self._kind(query.parameters)
        unknown = sorted(set(query.parameters) - {_NAME, *kind.parameters})
        if unknown:
            raise InvalidArgument(unknown[0], None, f"unknown parameter of {kind.name}", sorted(kind.parameters))
        seconds = self._seconds(kind, query)
        patience = _PATIENCE
        if query.seconds is not None:
            # What is left when it has measured and packed: others of the same kind take their turns before it.
            patience = max(patience, query.seconds - (seconds or 0.0) - _PACKING)
        return profile_payload(await kind.take(ProfileRequest(seconds, query.parameters, patience)))

    def _kind(self, parameters: Mapping[str, str]) -> ProfileKind:
        name = parameters.get(_NAME, "")
        kind = self._kinds.get(name.strip().lower())
        if kind is None and self._other is not None and _OTHER_NAME.fullmatch(name.strip()):
            kind = self._other(name.strip())
        if kind is None:
            raise InvalidArgument(_NAME, name, "unknown profile" if name else "which one?", self.kinds)
        return kind

    def _seconds(self, kind: ProfileKind, query: DebugQuery) -> float | None:
        text = query.parameters.get("seconds", "")
        seconds = parse_number("seconds", text, _SHORTEST, self._max_seconds) if text else kind.default_seconds
        if seconds is not None and query.seconds is not None and seconds >= query.seconds:
            reason = f"the caller waits for {query.timeout:g} s only, {kind.name} would measure for {seconds:g} s"
            raise InvalidArgument("seconds", text or None, reason)
        return seconds


def _of_this_process() -> Iterable[ProfileKind]:
    from ...profiles.kinds.local import local_kinds

    return local_kinds()


def _by_name(kinds: Iterable[ProfileKind]) -> dict[str, ProfileKind]:
    named: dict[str, ProfileKind] = {}
    for kind in kinds:
        if kind.name in named:
            raise AlreadyExists("profile", kind.name)
        named[kind.name] = kind
    return named
