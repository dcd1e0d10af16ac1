"""``python -m corvo_agent`` is ``corvo``."""

from __future__ import annotations

import subprocess
import sys

from corvo_agent._version import __version__


def corvo(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "corvo_agent", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_it_says_its_version() -> None:
    done = corvo("--version")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, f"corvo, version {__version__}", "")


def test_its_exit_code_is_that_of_the_command() -> None:
    done = corvo("no-such-command")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no-such-command" in done.stderr
