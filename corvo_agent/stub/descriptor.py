"""A descriptor of ours in a process whose program is not: it may close any number, and open something under it.

Programs that put themselves into the background close all descriptors that they do not know (PEP 3143), and what they
open next gets the same numbers: what we wrote, read or closed by such a number would be theirs.
"""

from __future__ import annotations

import fcntl
import os

# Input, output and errors, also of a program that was started without them: C code uses them by number.
_STANDARD = 3


class Descriptor:
    """A number for as long as it leads to what it led to when this was made."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._leads_to = _file_of(number)

    def is_ours(self) -> bool:
        """Whether the host has left it alone."""
        return self._leads_to is not None and _file_of(self.number) == self._leads_to

    def close(self) -> None:
        """Close it unless it is another's by now; once."""
        if self.is_ours():
            try:
                os.close(self.number)
            except OSError:
                # The host was quicker.
                pass


def out_of_the_way(number: int) -> int:
    """The descriptor ``number``, moved if need be to where no program looks for its input and output.

    Raises OSError where none is free; then it is closed.
    """
    if number >= _STANDARD:
        return number
    try:
        return fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, _STANDARD)
    finally:
        os.close(number)


def _file_of(number: int) -> tuple[int, int] | None:
    try:
        found = os.fstat(number)
    except OSError:
        return None
    return found.st_dev, found.st_ino
