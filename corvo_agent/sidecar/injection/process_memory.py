"""The memory of another process, as the kernel gives it to whoever may trace that one."""

from __future__ import annotations

import os
import sys
from types import TracebackType

from ...errors import NotFound, Unsupported
from ...profiles.sampling.ptrace import refusal

WORD = 8
_ORDER = sys.byteorder


class ProcessMemory:
    """Reads and writes the memory of process ``pid`` while ``with`` lasts.

    Opening raises Unsupported where the system refuses it and NotFound for no such process, as all else does when the
    process ends meanwhile.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor = -1

    def __enter__(self) -> ProcessMemory:
        try:
            self._descriptor = os.open(f"/proc/{self.pid}/mem", os.O_RDWR | os.O_CLOEXEC)
        except PermissionError:
            raise Unsupported(f"an agent inside process {self.pid}", refusal(self.pid)) from None
        except OSError:
            raise NotFound("process", str(self.pid)) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def read(self, address: int, size: int) -> bytes:
        """``size`` bytes at ``address``."""
        try:
            data = os.pread(self._descriptor, size, address)
        except (OSError, OverflowError) as error:
            raise self._gone(address) from error
        if len(data) < size:
            raise self._gone(address)
        return data

    def write(self, address: int, data: bytes) -> None:
        """Put ``data`` there."""
        try:
            written = os.pwrite(self._descriptor, data, address)
        except (OSError, OverflowError) as error:
            raise self._gone(address) from error
        if written < len(data):
            raise self._gone(address)

    def word(self, address: int) -> int:
        """The address, or other number of 64 bits, at ``address``."""
        return int.from_bytes(self.read(address, WORD), _ORDER)

    def number(self, address: int) -> int:
        """The number of 32 bits there."""
        return int.from_bytes(self.read(address, 4), _ORDER, signed=True)

    def write_word(self, address: int, value: int) -> None:
        """Put a number of 64 bits there."""
        self.write(address, value.to_bytes(WORD, _ORDER))

    def write_number(self, address: int, value: int) -> None:
        """Put a number of 32 bits there."""
        self.write(address, value.to_bytes(4, _ORDER, signed=True))

    def _gone(self, address: int) -> Exception:
        if not os.path.exists(f"/proc/{self.pid}"):
            return NotFound("process", str(self.pid), "it has ended")
        return Unsupported(f"an agent inside process {self.pid}", f"its memory at {address:#x} cannot be had")
