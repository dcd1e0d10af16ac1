"""``python -m tests.faults``: a storm as large as the options say; it fails where something does not hold after it."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.faults.storm import Figures, Plan, storm

#: Seconds after the faults within which every service has the level that its Module says.
WITHIN = 5.0


async def run(plan: Plan, folder: Path) -> Figures:
    """The figures of one storm."""
    async with storm(plan, folder) as running:
        return await running.run(folder)


def main() -> int:
    """Run it; its figures go to standard output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--gateways", type=int, default=2)
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--callers", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    plan = Plan(**vars(parser.parse_args()), rotating=True, flat=True)
    with tempfile.TemporaryDirectory(prefix="corvo-storm-") as folder:
        figures = asyncio.run(run(plan, Path(folder)))
    sys.stdout.write(f"{figures}\n")
    missed = {
        f"a level was wrong for more than {WITHIN:g} s": figures.in_force_after > WITHIN,
        "no member of etcd failed": not figures.faults,
        "no certificates, tokens and logs were replaced": not figures.rotations,
        "no caller was answered": plan.callers > 0 and not figures.calls,
    }
    for what in (what for what, is_so in missed.items() if is_so):
        sys.stdout.write(f"{what}\n")
    return 1 if any(missed.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
