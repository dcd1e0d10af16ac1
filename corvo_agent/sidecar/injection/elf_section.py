"""Where a section of a loaded ELF file stands in memory, from the file's own tables.

Format: System V ABI, the ELF header and the headers of segments and sections (elf(5)); 64-bit files of this machine's
byte order.
"""

from __future__ import annotations

import contextlib
import struct
import sys
from typing import BinaryIO, NamedTuple

from ...errors import DecodeError

_ORDER = "<" if sys.byteorder == "little" else ">"
# Behind e_ident: e_type, e_machine, e_version, e_entry, e_phoff, e_shoff, e_flags, and six sizes and numbers.
_HEADER = struct.Struct(f"{_ORDER}16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct(f"{_ORDER}IIQQQQQQ")
_SECTION = struct.Struct(f"{_ORDER}IIQQQQIIQQ")
_LOAD = 1
_PAGE = 4096
_IDENT = b"\x7fELF\x02" + (b"\x01" if sys.byteorder == "little" else b"\x02")
# Sections and segments of one file; Python has some forty.
_MOST = 4096


class Place(NamedTuple):
    """Bytes from where the file is mapped first to the section, and how many it has."""

    offset: int
    size: int


def find_section(file: BinaryIO, name: str) -> Place | None:
    """The section ``name``; None where the file has none. Raises DecodeError for what is no ELF file as ours are."""
    header = _read(file, 0, _HEADER.size)
    if not header.startswith(_IDENT):
        raise DecodeError("ELF file", "not of 64 bits in this machine's byte order")
    _, _, _, _, _, segments, sections, _, _, _, segment_count, _, section_count, names = _HEADER.unpack(header)
    if not sections or max(segment_count, section_count) > _MOST:
        return None
    first = _first_address(_table(file, segments, segment_count, _SEGMENT))
    table = _table(file, sections, section_count, _SECTION)
    if names >= len(table):
        return None
    text = _read(file, table[names][4], min(table[names][5], 1 << 20))
    for each in table:
        if _text_at(text, each[0]) == name.encode():
            return Place(each[3] - first, each[5])
    return None


def _first_address(segments: list[tuple[int, ...]]) -> int:
    """The address that the beginning of the file is meant for: 0, or a fixed one of a program that cannot move."""
    loaded = [each for each in segments if each[0] == _LOAD]
    if not loaded:
        raise DecodeError("ELF file", "nothing of it is loaded")
    first = min(loaded, key=lambda each: each[2])
    return (first[3] - first[2]) & ~(_PAGE - 1)


def _table(file: BinaryIO, offset: int, count: int, row: struct.Struct) -> list[tuple[int, ...]]:
    return list(row.iter_unpack(_read(file, offset, count * row.size)))


def _text_at(text: bytes, offset: int) -> bytes:
    return text[offset : max(text.find(b"\0", offset), offset)]


def _read(file: BinaryIO, offset: int, size: int) -> bytes:
    data = b""
    # The number of a damaged file may be larger than any file.
    with contextlib.suppress(OverflowError, OSError):
        file.seek(offset)
        data = file.read(size)
    if len(data) < size:
        raise DecodeError("ELF file", f"it ends before byte {offset + size}")
    return data
