"""``python -m benchmarks [NAME...]`` runs every bench_NAME.py (or those named), each in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Run them one after another; the exit code is the number of those that failed."""
    present = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    wanted = sys.argv[1:] or present
    unknown = sorted(set(wanted) - set(present))
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(present)}", file=sys.stderr)
        return 2
    failed = [name for name in wanted if not _run(name)]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return len(failed)


def _run(name: str) -> bool:
    # A fresh interpreter for each: no case pays for what another one imported or left in the heap.
    command = [sys.executable, "-m", f"benchmarks.bench_{name}"]
    return subprocess.run(command, cwd=HERE.parent, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
