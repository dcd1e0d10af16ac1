"""What CPython says of its own structures at the beginning of ``.PyRuntime``, for tools outside a process (PEP 768).

Format: ``_Py_DebugOffsets`` in CPython's ``Include/internal/pycore_debug_offsets.h``: a mark of eight bytes, the
version, and 64-bit numbers. Fields were put in between in nearly every minor version and never in a bug fix, so there
is a table for each minor version that this was tried with, and any other is refused.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from ...errors import Unsupported

MARK = b"xdebugpy"
_NUMBER = struct.Struct("=Q")
# Of the version's number, 0x030e0af0 for 3.14.10: below this it is an alpha, a beta or a candidate.
_FINAL = 0xF0


class _Table(NamedTuple):
    """Where groups of fields begin, in numbers from the mark on."""

    interpreter: int
    thread: int
    debugger: int
    length: int


_TABLES = {(3, 14): _Table(interpreter=6, thread=22, debugger=89, length=95)}
#: Versions that are known, as text.
KNOWN = tuple(f"{major}.{minor}" for major, minor in _TABLES)
#: Bytes to read for ``parse``.
MOST = max(table.length for table in _TABLES.values()) * _NUMBER.size


class DebugOffsets(NamedTuple):
    """Offsets in bytes, in the structures of the runtime, of an interpreter and of a thread."""

    interpreters_head: int
    interpreter_id: int
    interpreter_next: int
    threads_head: int
    threads_main: int
    remote_debugging_enabled: int
    thread_next: int
    thread_native_id: int
    eval_breaker: int
    #: Both from the beginning of the thread's structure.
    pending_call: int
    script_path: int
    script_path_size: int


def parse(data: bytes) -> DebugOffsets:
    """The offsets in ``data``, the beginning of ``.PyRuntime``.

    Raises Unsupported for a version that is not known, for a free-threaded build and for what makes no sense.
    """
    if len(data) < 3 * _NUMBER.size or not data.startswith(MARK):
        raise Unsupported(_WHAT, "its interpreter says nothing about itself (PEP 768)")
    numbers = [number for (number,) in _NUMBER.iter_unpack(data[: len(data) // _NUMBER.size * _NUMBER.size])]
    version = numbers[1]
    table = _TABLES.get((version >> 24 & 0xFF, version >> 16 & 0xFF))
    if table is None or len(numbers) < table.length:
        told = f"{version >> 24 & 0xFF}.{version >> 16 & 0xFF}"
        raise Unsupported(_WHAT, f"how Python {told} lays out its threads is not known here, only {', '.join(KNOWN)}")
    if version & 0xFF < _FINAL:
        raise Unsupported(_WHAT, "it runs a Python that is no release: its structures may still have changed")
    if numbers[2]:
        raise Unsupported(_WHAT, "it runs a Python without the interpreter lock, with which this was not tried")
    interpreter, thread, debugger = (numbers[start:] for start in (table.interpreter, table.thread, table.debugger))
    found = DebugOffsets(
        interpreters_head=numbers[5],
        interpreter_id=interpreter[1],
        interpreter_next=interpreter[2],
        threads_head=interpreter[3],
        threads_main=interpreter[4],
        remote_debugging_enabled=debugger[2],
        thread_next=thread[2],
        thread_native_id=thread[6],
        eval_breaker=debugger[0],
        pending_call=debugger[1] + debugger[3],
        script_path=debugger[1] + debugger[4],
        script_path_size=debugger[5],
    )
    # Each structure's own size stands first in its group: what lies outside is no offset.
    sizes = (interpreter[0], thread[0])
    inside = found.threads_main < sizes[0] and found.script_path + found.script_path_size <= sizes[1]
    if not inside or found.pending_call >= found.script_path:
        raise Unsupported(_WHAT, "what its interpreter says about itself makes no sense")
    return found


_WHAT = "an agent inside the process"
