"""What py-spy prints, as our nouns: the ``raw`` format of ``record``, and the JSON of ``dump``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from ...errors import DecodeError
from ..pprof.model import Frame, Stack
from ..stacks.naming import ModuleNames
from .source import Sources

_FRAME = re.compile(r"(.+?) \((.*):(\d+)\)", re.DOTALL)
_BARE = re.compile(r"(.+?) \((.*)\)", re.DOTALL)
_THREAD = re.compile(r"thread \((?:0[xX]([0-9A-Fa-f]+)|(\d+))\)(?:: (.*))?", re.DOTALL)
_BEHIND = re.compile(rb"([\d.]+)(ms|s) behind in sampling")
_TOTALS = re.compile(rb"Errors: (\d+)")
_WHAT = "output of py-spy"


class SeenStack(NamedTuple):
    """A stack of a thread, leaf first, and at how many looks it was seen.

    ``native_id`` is the thread's number in its own pid namespace, ``address`` that of its pthread, which Python 3.10
    and older know instead; 0 for the one that is not known.
    """

    thread: str
    stack: Stack
    looks: int
    native_id: int = 0
    address: int = 0


@dataclass(frozen=True, slots=True)
class ThreadDump:
    """One thread at one moment. ``native_id`` is the kernel's number; ``active`` means that it used a processor.

    ``address`` is that of its pthread. Of Python 3.10 and older ``native_id`` is 0.
    """

    name: str
    native_id: int
    active: bool
    owns_gil: bool
    stack: Stack
    address: int = 0


class Names:
    """py-spy's frames -> ours: the module in front of the function, and the line where the function begins."""

    def __init__(self, modules: ModuleNames | None = None, root: str = "") -> None:
        self._modules = ModuleNames(root=root) if modules is None else modules
        self._sources = Sources(root)
        self._known: dict[tuple[str, str, int, bool], Frame] = {}

    def learn(self, filenames: Iterable[str]) -> None:
        """Choose the modules of all these files before the first frame is named, so that they are told apart alike."""
        self._modules.learn(filenames)

    def frame(self, function: str, filename: str, line: int, *, bare: bool = False) -> Frame:
        """A frame as py-spy names it, ``bare`` without the class of a method. Reads source files: for a thread."""
        key = (function, filename, line, bare)
        found = self._known.get(key)
        if found is None:
            module = self._modules.of(filename)
            if bare:
                function = self._sources.qualified(function, filename, line)
            named = Frame(f"{module}.{function}" if module else function, filename, line)
            self._known[key] = found = self._sources.complete(named)
        return found


def files_in_raw(lines: Iterable[bytes]) -> set[str]:
    """The files of all frames in what ``parse_raw`` reads."""
    pieces: set[bytes] = set()
    for line in lines:
        pieces.update(line.rpartition(b" ")[0].split(b";"))
    matches = (_FRAME.fullmatch(piece.decode("utf-8", "replace")) for piece in pieces)
    return {match.group(2) for match in matches if match is not None}


def parse_raw(lines: Iterable[bytes], names: Names) -> Iterable[SeenStack]:
    """Lines such as ``thread (7): MainThread;<module> (a.py:9);work (a.py:3) 42``, root first.

    Raises DecodeError for a line without a count; a piece that is no frame counts as a function without a file.
    """
    for line in lines:
        if not line or line.startswith(b"py-spy>"):
            continue
        path, _, count = line.decode("utf-8", "replace").rpartition(" ")
        if not count.isdigit():
            raise DecodeError(_WHAT, f"no count at the end of {line[:80]!r}")
        pieces = path.split(";")
        root = _THREAD.fullmatch(pieces[0])
        address, native_id, name = root.groups() if root else (None, None, None)
        # Python tells qualified names since it tells the kernel's numbers of threads, which is since 3.11.
        frames = [_frame(piece, names, bare=bool(address)) for piece in (pieces[1:] if root else pieces)]
        stack = tuple(reversed(frames))
        yield SeenStack(name or "", stack, int(count), int(native_id or 0), int(address or "0", 16))


def _frame(piece: str, names: Names, *, bare: bool) -> Frame:
    match = _FRAME.fullmatch(piece)
    if match is not None:
        return names.frame(match.group(1), match.group(2), int(match.group(3)), bare=bare)
    without_line = _BARE.fullmatch(piece)
    return names.frame(without_line.group(1), without_line.group(2), 0) if without_line else Frame(piece)


def errors_in(output: bytes) -> int:
    """How many stacks py-spy could not read, from what it prints in the end."""
    match = _TOTALS.search(output)
    return int(match.group(1)) if match else 0


def seconds_behind(messages: bytes | bytearray) -> float:
    """How late py-spy was at last, from its warnings; 0 when it kept up."""
    found = _BEHIND.findall(messages)
    if not found:
        return 0.0
    number, unit = found[-1]
    return float(number) / (1000 if unit == b"ms" else 1)


def parse_dump(output: bytes, names: Names) -> list[ThreadDump]:
    """The threads of ``py-spy dump --json``. Raises DecodeError."""
    try:
        threads = orjson.loads(output)
        names.learn(frame["filename"] for thread in threads for frame in thread["frames"])
        return [_thread(each, names) for each in threads]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise DecodeError(_WHAT, f"not the threads of a process: {error}") from error


def _thread(thread: dict[str, Any], names: Names) -> ThreadDump:
    native_id = thread["os_thread_id"] or 0
    stack = tuple(
        names.frame(each["name"], each["filename"], each["line"], bare=not native_id) for each in thread["frames"]
    )
    name = thread["thread_name"] or f"thread-{thread['thread_id']:#x}"
    return ThreadDump(name, native_id, bool(thread["active"]), bool(thread["owns_gil"]), stack, thread["thread_id"])
