"""Another process's memory is read and written as this one's own."""

from __future__ import annotations

import ctypes
import os

import pytest

from corvo_agent.errors import NotFound, Unsupported
from corvo_agent.sidecar.injection.process_memory import ProcessMemory


def test_numbers_are_as_they_were_written() -> None:
    kept = ctypes.create_string_buffer(16)
    address = ctypes.addressof(kept)
    with ProcessMemory(os.getpid()) as memory:
        memory.write_word(address, 1 << 40)
        memory.write_number(address + 8, -7)
        assert (memory.word(address), memory.number(address + 8)) == (1 << 40, -7)
        memory.write(address, b"abc\0")
        assert kept.value == b"abc"
        with pytest.raises(Unsupported, match="its memory at 0x10 cannot be had"):
            memory.read(16, 8)


def test_no_process_is_not_found() -> None:
    with pytest.raises(NotFound), ProcessMemory(4194305):
        pass
