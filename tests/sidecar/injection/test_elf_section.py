"""Sections are found where the interpreter itself has them."""

from __future__ import annotations

import ctypes
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError
from corvo_agent.sidecar.injection.elf_section import find_section

ADDRESS = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))


def own_interpreter() -> tuple[int, str]:
    """Where the file that holds the runtime is mapped first, and its path."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        fields = line.split(maxsplit=5)
        low, high = (int(each, 16) for each in fields[0].split("-"))
        if low <= ADDRESS < high and len(fields) > 5:
            path = fields[5]
            break
    first = next(line for line in Path("/proc/self/maps").read_text().splitlines() if line.endswith(path))
    return int(first.partition("-")[0], 16), path


def test_the_runtime_is_found() -> None:
    base, path = own_interpreter()
    with open(path, "rb") as file:
        place = find_section(file, ".PyRuntime")
        assert find_section(file, ".no-such-section") is None
    assert place is not None
    assert base + place.offset == ADDRESS
    assert place.size > 1000


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", b"\x7fELF\x01\x01" + b"\0" * 60])
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        find_section(io.BytesIO(data), ".text")


@given(st.binary(max_size=300), st.integers(0, 63))
def test_a_damaged_file_is_refused_or_has_it_not(data: bytes, position: int) -> None:
    with open("/bin/sh", "rb") as file:
        start = bytearray(file.read(400))
    start[position + 6 : position + 6 + len(data)] = data
    try:
        assert find_section(io.BytesIO(bytes(start)), ".PyRuntime") is None
    except DecodeError:
        pass
