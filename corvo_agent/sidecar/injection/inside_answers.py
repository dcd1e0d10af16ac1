"""Makes a service answer with what an agent inside a process tells, where that is more than the outside sees."""

from __future__ import annotations

from ...diagnostics.service import DiagnosticsService
from ...profiles.kind import ProfileKind, ProfileRequest
from ...profiles.kinds.local import local_kinds
from ..answers.inside_kinds import inside_kinds
from ..answers.process_profiles import process_kinds
from ..answers.service import replace_profiles
from ..target.process import FindTarget
from .guest import KINDS
from .inside import InsideAgent


def answer_from_inside(service: DiagnosticsService, find: FindTarget, agent: InsideAgent) -> None:
    """Let ``service``, which answers about the process that ``find`` finds, ask ``agent`` for the profiles it takes."""

    def kinds() -> tuple[ProfileKind, ...]:
        asked = tuple(AskedInside(kind, agent) for kind in local_kinds() if kind.name in KINDS)
        outside = tuple(kind for kind in process_kinds(find) if kind.name not in KINDS)
        return (*asked, *outside, *inside_kinds((*asked, *outside)))

    replace_profiles(service, kinds)


class AskedInside:
    """A kind that the agent inside takes; ``kind`` is what it is called and can be told."""

    def __init__(self, kind: ProfileKind, agent: InsideAgent) -> None:
        self.name = kind.name
        self.parameters = kind.parameters
        self.default_seconds = kind.default_seconds
        self._agent = agent

    async def take(self, request: ProfileRequest) -> bytes:
        """What the kind gives there. Raises what it raises there, and Unavailable when the process has ended."""
        return await self._agent.take(self.name, request)
