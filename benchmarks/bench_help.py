"""How soon ``corvo COMMAND --help`` is there, beside an interpreter that only imports click: who asks for it waits.

Goal: 0.25 s of processor time for each; the time on the wall is that, too, on a machine that is quiet.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from .report import publish

COMMANDS = ("", "ls", "level", "errors", "logs", "stats", "top", "bundle", "agent")
_RUNS = 7


def seconds(*command: str) -> tuple[float, float]:
    """The least time on the wall, and of the processor, in a few runs."""
    found = []
    for _ in range(_RUNS):
        started, before = time.perf_counter(), os.times()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        after = os.times()
        used = after.children_user + after.children_system - before.children_user - before.children_system
        found.append((time.perf_counter() - started, used))
    return min(wall for wall, _ in found), min(used for _, used in found)


def main() -> None:
    """Measure, print, keep."""
    _, bare = seconds(sys.executable, "-c", "import click")
    rows = []
    for name in COMMANDS:
        wall, used = seconds(sys.executable, "-m", "corvo_agent", *name.split(), "--help")
        figures = {"wall, s": round(wall, 3), "processor, s": round(used, 3), "import click, s": round(bare, 3)}
        rows.append(
            {
                "command": " ".join(filter(None, ("corvo", name, "--help"))),
                **figures,
                "ratio": round(used / bare, 1),
                "goal": "< 0.25",
            }
        )
    publish("help", rows, "click")


if __name__ == "__main__":
    main()
