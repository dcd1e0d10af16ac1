"""The tutorial, command by command, with the demo that it starts: what it says to see is seen."""

from __future__ import annotations

import asyncio
import re
import shlex
import sys
from pathlib import Path

import pytest

from corvo_agent.demo.world import SLOW_NAME, DemoWorld
from tests.world.machine import needs

from .text import ROOT, TUTORIAL

# What is to be seen, by how the command begins. Not the numbers, which are those of the machine.
SEEN = {
    "corvo ls": rf"{SLOW_NAME}.*\blive\b",
    "corvo errors checkout": "",
    "corvo stats": r"checkout\.duration\.Perctl90",
    "corvo blocked": r"Coupons\.find",
    "corvo profile checkout cpu --seconds 5 -o": r"Coupons\.find",
    "corvo level checkout Debug": rf"{SLOW_NAME}: Debug \(override",
    "corvo logs checkout -n 6": r"DEBUG coupon is (looked for|found)",
    "corvo action": "300000 coupons are in the index",
    "corvo profile checkout cpu --seconds 5 --diff": r"-\d.*Coupons\.find",
    "corvo logs checkout -n 2": "customer",
    "corvo level checkout --clear": rf"{SLOW_NAME}: as-configured",
    "corvo history": "as-configured → Debug",
}


def commands() -> list[str]:
    return re.findall(r"^\$ (corvo .*)$", TUTORIAL.read_text(), re.MULTILINE)


def test_it_is_known_what_each_command_shows() -> None:
    assert all(any(command.startswith(known) for known in SEEN) for command in commands())
    assert all(any(command.startswith(known) for command in commands()) for known in SEEN)


async def run(command: str, folder: Path) -> str:
    """What the command shows."""
    words = shlex.split(command)[1:]
    if words[0] == "level":
        # As with the time of answers: the agent says that the level is in force when the service lets it.
        words += ["--wait", "100s"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "corvo_agent", *words),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = (text.decode() for text in await process.communicate())
    assert process.returncode == 0, (command, err)
    return out


@pytest.mark.timeout(600)
@needs("python")
async def test_each_command_shows_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    async with DemoWorld(to_play=True) as world:
        monkeypatch.setenv("CORVO_GATEWAY", world.gateway.url)
        # On a busy machine the service, which is slow on purpose, lets its agent answer after many seconds only.
        monkeypatch.setenv("CORVO_TIMEOUT", "100")
        for command in commands():
            seen = next(pattern for known, pattern in SEEN.items() if command.startswith(known))
            shown = await run(command, tmp_path)
            while command.startswith("corvo logs") and not re.search(seen, shown):
                # The level is on its way to the service, or that has not written with it yet.
                shown = await run(command, tmp_path)
            assert re.search(seen, shown), (command, shown)
