"""Regular expressions over bytes as they are, whatever text they may be: RE2, in time linear in the bytes."""

from __future__ import annotations

import re2

_MEMORY = 4 << 20  # bytes for program and automaton


class BytePattern:
    """``pattern``, whose characters stand for bytes; a newline is a byte as any other. It is ours: nobody sends it."""

    def __init__(self, pattern: str) -> None:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.never_capture = True
        options.dot_nl = True
        options.log_errors = False
        options.max_mem = _MEMORY
        self._compiled = re2.compile(pattern.encode("latin-1"), options=options)

    def find(self, data: bytes | bytearray, start: int, end: int) -> int:
        """Where the first match in ``data[start:end]`` starts, or -1."""
        match = self._compiled.search(data, start, end)
        return -1 if match is None else int(match.start())

    def begins(self, data: bytes | bytearray, start: int, end: int) -> bool:
        """Whether ``data[start:end]`` begins with a match."""
        return self._compiled.match(data, start, end) is not None
