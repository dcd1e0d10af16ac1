"""Regular expressions over bytes as they are, whatever text they may be: RE2, in time linear in the bytes."""

from __future__ import annotations

import os

import re2

_MEMORY = 4 << 20  # bytes for program and automaton


class BytePattern:
    """``pattern``, whose characters stand for bytes; a newline is a byte as any other.

    Ours, or of a configuration: no caller sends it. Raises ValueError for one that is not valid RE2.
    """

    def __init__(self, pattern: str) -> None:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.never_capture = True
        options.dot_nl = True
        options.log_errors = False
        options.max_mem = _MEMORY
        try:
            self._compiled = re2.compile(pattern.encode("latin-1"), options=options)
        except re2.error as error:
            raise ValueError(os.fsdecode(error.args[0]) if error.args else "it is not valid") from error

    def find(self, data: bytes | bytearray, start: int, end: int) -> int:
        """Where the first match in ``data[start:end]`` starts, or -1."""
        match = self._compiled.search(data, start, end)
        return -1 if match is None else int(match.start())

    def replaced(self, data: bytes, by: bytes) -> bytes:
        """``data`` with every match that is not empty replaced."""
        parts, position = [], 0
        while (match := self._compiled.search(data, position)) is not None:
            start, end = match.span()
            if start == end:
                # Nothing was matched here: go on behind the next byte.
                parts.append(data[position : end + 1])
                position = end + 1
            else:
                parts += (data[position:start], by)
                position = end
            if position >= len(data):
                break
        return b"".join((*parts, data[position:]))

    def begins(self, data: bytes | bytearray, start: int, end: int) -> bool:
        """Whether ``data[start:end]`` begins with a match."""
        return self._compiled.match(data, start, end) is not None
