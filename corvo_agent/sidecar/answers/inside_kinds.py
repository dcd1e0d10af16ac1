"""Profiles that only the inside of a process can take: asked of a foreign one, they say what to do instead."""

from __future__ import annotations

from collections.abc import Collection

from ...errors import Unsupported
from ...profiles.kind import ProfileKind, ProfileRequest
from ...profiles.kinds.local import local_kinds


def inside_kinds(offered: Collection[ProfileKind]) -> tuple[ProfileKind, ...]:
    """Every kind that an agent inside the process has, and that is not among those ``offered`` from outside."""
    names = {kind.name for kind in offered}
    return tuple(InsideKind(kind.name, kind.parameters) for kind in local_kinds() if kind.name not in names)


class InsideKind:
    """A kind that is known and cannot be had."""

    default_seconds: float | None = None

    def __init__(self, name: str, parameters: Collection[str]) -> None:
        self.name = name
        self.parameters = parameters

    async def take(self, request: ProfileRequest) -> bytes:
        """Raises Unsupported."""
        reason = (
            "it has to be taken from inside the process: run the agent in it (corvo_agent.Agent), not beside it;"
            " corvo attach --inject brings one into a process of Python 3.14"
        )
        raise Unsupported(f"the profile {self.name} of a foreign process", reason)
