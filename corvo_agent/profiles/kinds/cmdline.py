"""The kind ``cmdline``: the arguments of this process, as Go's pprof gives them."""

from __future__ import annotations

import sys

from ...secrets import mask_arguments
from ..kind import ProfileRequest


class CmdlineKind:
    """The interpreter and its arguments, NUL between them as in /proc and net/http/pprof; secrets are masked."""

    name = "cmdline"
    parameters: tuple[str, ...] = ()
    default_seconds: float | None = None

    async def take(self, request: ProfileRequest) -> bytes:
        """The arguments, in UTF-8."""
        return join(sys.orig_argv)


def join(arguments: list[str]) -> bytes:
    """``arguments`` of a process in UTF-8 with NUL between them; secrets are masked, see ``corvo_agent.secrets``."""
    return "\0".join(mask_arguments(arguments)).encode("utf-8", "surrogateescape")
