"""What is sent into a process that has no corvo_agent: the source of the part that an agent inside needs."""

from __future__ import annotations

import functools
import json
import zlib
from pathlib import Path

from ...profiles.stacks.own import ATTACHED

_PACKAGE = Path(__file__).parents[2]
# Whole folders, and single files beside them; no file of these imports a package that is not Python's own before it is
# asked for something that needs one.
_FOLDERS = ("levels", "profiles", "sidecar/injection")
_FILES = ("_lazy", "_version", "errors", "forks", "framing", "threads", "timestamps", "sidecar/__init__")
#: What it is called inside: no other's name, for a process that uses this package itself keeps its own.
NAME = "corvo_agent_attached"


@functools.cache
def packed_sources() -> bytes:
    """The modules' texts by their names below ``NAME``, as compressed JSON. Blocks on reading some hundred files."""
    paths = [path for folder in _FOLDERS for path in sorted((_PACKAGE / folder).rglob("*.py"))]
    paths += [_PACKAGE / f"{name}.py" for name in _FILES]
    texts = {_name(path): path.read_text("utf-8") for path in paths}
    return zlib.compress(json.dumps(texts).encode(), 1)


def _name(path: Path) -> str:
    return ".".join(path.relative_to(_PACKAGE).with_suffix("").parts)


def script(socket: str) -> str:
    """What the process is to run: it connects to ``socket``, a path as it sees it."""
    text = (Path(__file__).with_name("bootstrap.py")).read_text("utf-8")
    # Under a name by which profiles know it for ours, as the modules that it loads.
    compiled = f"compile({text!r}, '<frozen {ATTACHED}.bootstrap>', 'exec', dont_inherit=True)"
    return (
        "names = {'__name__': 'builtins'}\n"
        f"exec({compiled}, names)\n"
        f"names['begin']({socket!r}, {NAME!r}, {ATTACHED!r})\n"
    )
