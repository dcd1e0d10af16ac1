"""Has threads of a running CPython 3.14 run a script, by the protocol that its runtime offers to debuggers (PEP 768).

The path of the script and a flag are written into a thread's own structure, and a bit of its evaluation breaker is set:
the thread runs the script between two bytecodes, the next time that it looks at that. ``sys.remote_exec`` does the same
for the main thread alone, and between equal versions of Python only. What has not run can be withdrawn.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from typing import BinaryIO

from ...errors import CorvoError, DecodeError, NotFound, Unsupported
from .debug_offsets import MOST, DebugOffsets, parse
from .elf_section import find_section
from .process_memory import ProcessMemory

# Of a thread's evaluation breaker: something is to be done that may stop it (CPython, pycore_ceval.h).
_PLEASE_STOP = 1 << 5
_PYTHON = re.compile(r"(?:^|/)(?:lib)?python3[^/]*$")
# Threads and interpreters of one process that are gone through.
_MOST_LINKS = 20_000


class RemoteScript:
    """Threads of the process behind ``memory``, and what they were asked to run. Blocks for milliseconds.

    Made by ``find``. Belongs to one thread of ours at a time.
    """

    def __init__(self, memory: ProcessMemory, offsets: DebugOffsets, runtime: int) -> None:
        self._memory = memory
        self._offsets = offsets
        self._interpreter = self._main_interpreter(runtime)
        self._asked: dict[int, int] = {}

    @classmethod
    def find(cls, memory: ProcessMemory) -> RemoteScript:
        """For the main interpreter. Raises Unsupported, with the reason, for a process that cannot be asked."""
        for address, file in _interpreters(memory.pid):
            with file:
                try:
                    place = find_section(file, ".PyRuntime")
                except DecodeError:
                    continue
            if place is not None:
                return cls(
                    memory, parse(memory.read(address + place.offset, min(MOST, place.size))), address + place.offset
                )
        raise Unsupported(f"an agent inside process {memory.pid}", "no interpreter of CPython is found in its memory")

    def _main_interpreter(self, runtime: int) -> int:
        memory, offsets = self._memory, self._offsets
        for address in self._chain(memory.word(runtime + offsets.interpreters_head), offsets.interpreter_next):
            if memory.word(address + offsets.interpreter_id) == 0:
                if memory.number(address + offsets.remote_debugging_enabled) != 1:
                    raise Unsupported(f"an agent inside process {memory.pid}", "-X disable-remote-debug forbids it")
                return address
        raise Unsupported(f"an agent inside process {memory.pid}", "its interpreter has not begun, or is ending")

    @property
    def main(self) -> int:
        """The kernel's number of the main thread, in the process's own pid namespace."""
        main = self._memory.word(self._interpreter + self._offsets.threads_main)
        return self._memory.word(main + self._offsets.thread_native_id) if main else 0

    def threads(self) -> dict[int, int]:
        """The addresses of the threads' structures by the kernel's numbers."""
        first = self._memory.word(self._interpreter + self._offsets.threads_head)
        chain = self._chain(first, self._offsets.thread_next)
        return {self._memory.word(each + self._offsets.thread_native_id): each for each in chain}

    def _chain(self, address: int, following: int) -> Iterator[int]:
        for _ in range(_MOST_LINKS):
            if not address:
                return
            yield address
            address = self._memory.word(address + following)

    def ask(self, tid: int, path: bytes) -> None:
        """Let the thread ``tid`` run the script at ``path``, as the process sees it; nothing for one that has ended.

        Raises Unsupported for a path that is too long.
        """
        thread = self.threads().get(tid)
        if thread is None or thread in self._asked.values():
            return
        memory, offsets = self._memory, self._offsets
        if len(path) >= offsets.script_path_size:
            raise Unsupported(f"an agent inside process {memory.pid}", f"the path {path!r} is too long for it")
        if memory.number(thread + offsets.pending_call):
            # Another debugger's request: it would be lost.
            raise Unsupported(f"an agent inside process {memory.pid}", "another debugger waits for it already")
        memory.write(thread + offsets.script_path, path + b"\0")
        memory.write_number(thread + offsets.pending_call, 1)
        # As CPython itself does it from outside: a bit that the thread sets at the same moment may be lost, and all
        # that these bits ask for is asked for again.
        memory.write_word(thread + offsets.eval_breaker, memory.word(thread + offsets.eval_breaker) | _PLEASE_STOP)
        self._asked[tid] = thread

    def withdraw(self) -> int:
        """Take back what has not begun; how many threads have run it, or are about to."""
        begun = 0
        for tid, thread in self._asked.items():
            with contextlib.suppress(CorvoError):
                # The structure of a thread that has ended may be anything by now.
                if self.threads().get(tid) != thread:
                    continue
                if self._memory.number(thread + self._offsets.pending_call):
                    self._memory.write_number(thread + self._offsets.pending_call, 0)
                else:
                    begun += 1
        self._asked.clear()
        return begun


def _interpreters(pid: int) -> Iterator[tuple[int, BinaryIO]]:
    """Where files that may hold the interpreter are mapped, and the files, opened: the caller closes them."""
    program = _target(f"/proc/{pid}/exe")
    seen: set[str] = set()
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as maps:
            lines = maps.read().splitlines()
    except PermissionError:
        raise Unsupported(f"an agent inside process {pid}", "only its own user may look into it") from None
    except OSError:
        raise NotFound("process", str(pid)) from None
    for line in lines:
        fields = line.split(maxsplit=5)
        if len(fields) < 6 or int(fields[2], 16) or fields[5] in seen:
            continue
        path = fields[5].removesuffix(" (deleted)")
        if path != program and not _PYTHON.search(path):
            continue
        seen.add(fields[5])
        file = _opened(pid, fields[0], path, own=path == program)
        if file is not None:
            yield int(fields[0].partition("-")[0], 16), file


def _opened(pid: int, span: str, path: str, *, own: bool) -> BinaryIO | None:
    # The first two are the mapped file for certain; through the root another one may stand in its place by now.
    for each in ((f"/proc/{pid}/exe",) if own else ()) + (f"/proc/{pid}/map_files/{span}", f"/proc/{pid}/root{path}"):
        with contextlib.suppress(OSError):
            return open(each, "rb")
    return None


def _target(link: str) -> str:
    try:
        return os.readlink(link).removesuffix(" (deleted)")
    except OSError:
        return ""
