"""``corvo run`` becomes the program, or says why not."""

from __future__ import annotations

import asyncio
import sys

import pytest

from tests.cli.kit import corvo


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--module", "shop"], 2, "PROGRAM"),
        (["--", "true"], 2, "module"),
        (["--module", "shop", "--only", "(", "--", "true"], 2, "only: is not a regular expression"),
        (
            ["--module", "shop", "--listen", "nowhere", "--", "/nowhere/program"],
            3,
            "program /nowhere/program not found",
        ),
        (["--module", "shop", "--pid", "1", "--", "true"], 2, "pid"),
    ],
)
async def test_what_is_wrong_shows_before_the_service_begins(arguments: list[str], code: int, said: str) -> None:
    outcome = await corvo("run", *arguments)
    assert outcome.code == code
    assert said in outcome.err


async def test_it_becomes_the_program_with_its_settings_in_the_environment() -> None:
    shown = "import os; print(os.getpid(), os.environ['CORVO_NODE'], os.environ['CORVO_LEASE_TTL'])"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "corvo_agent", "run", "--module", "x", "--node", "n", "--lease-ttl", "90s"),
        *("--", sys.executable, "-S", "-c", shown),
        stdout=asyncio.subprocess.PIPE,
    )
    assert (await process.communicate())[0].decode() == f"{process.pid} n 1m30s\n"
