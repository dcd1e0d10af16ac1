"""What runs in this process, for the heads of profiles."""

from __future__ import annotations

import os
import sys

_ELF = b"\x7fELF"


def program() -> str:
    """The file that the interpreter runs, the interpreter itself when it runs none; see ``named``."""
    started = sys.argv[0] if sys.argv else ""
    return named(os.path.abspath(started) if started and started != "-c" else sys.executable)


def named(path: str, root: str = "") -> str:
    """What the head of a profile calls the program ``path``, to be found below ``root``.

    ``go tool pprof`` opens a program in machine code and looks there for what is at our addresses, which are those of
    no machine code: its source view is empty then, or it panics. So such a name is one that it cannot open.
    """
    try:
        with open(root + path, "rb") as file:
            machine_code = file.read(len(_ELF)) == _ELF
    except OSError:
        machine_code = False
    return f"{path} (interpreter)" if machine_code else path
