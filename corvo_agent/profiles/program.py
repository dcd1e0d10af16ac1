"""What runs in this process, for the heads of profiles."""

from __future__ import annotations

import os
import sys


def program() -> str:
    """The file that the interpreter runs, the interpreter itself when it runs none."""
    started = sys.argv[0] if sys.argv else ""
    return os.path.abspath(started) if started and started != "-c" else sys.executable
