"""The command line as Go's pprof gives it."""

from __future__ import annotations

import sys

from corvo_agent.profiles.kind import ProfileRequest
from corvo_agent.profiles.kinds.cmdline import CmdlineKind, join


async def test_it_is_this_process() -> None:
    assert (await CmdlineKind().take(ProfileRequest())).split(b"\0")[0] == sys.orig_argv[0].encode()


def test_nul_stands_between_arguments_and_secrets_are_masked() -> None:
    odd = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert join(["app", "--token", "abc", odd]) == b"app\0--token\0***\0caf\xe9"
