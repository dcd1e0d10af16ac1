"""Which kernel thread a pthread is: Python 3.10 and older know the addresses of their pthreads only.

The C library keeps the kernel's number in its structure at that address. Where in it is no part of any interface: so
the offset is searched for at which the numbers of this process's threads stand.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Collection, Mapping

# Of glibc's struct pthread on 64-bit machines, the first place to look at.
_GLIBC = 720
# No C library's structure is longer than this.
_MOST = 2304
_INT = struct.Struct("=i")


def kernel_ids(pid: int, addresses: Collection[int], tids: Collection[int]) -> dict[int, int]:
    """Address of a pthread -> its number among ``tids``, those of the process's own pid namespace.

    Threads that have ended are left out. Empty when the memory may not be read or tells nothing for certain. Blocks
    on reading a page for each thread.
    """
    structures: dict[int, bytes] = {}
    try:
        # Unbuffered: reading ahead would run into what is not mapped.
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for address in addresses:
                structures[address] = _read(memory.fileno(), address)
    except OSError:
        return {}
    return find_ids(structures, tids)


def find_ids(structures: Mapping[int, bytes], tids: Collection[int]) -> dict[int, int]:
    """As ``kernel_ids``, from the memory at each address."""
    found = _at(_GLIBC, structures, tids)
    if len(found) > 1:
        return found
    candidates = [_at(offset, structures, tids) for offset in range(0, _MOST, _INT.size)]
    most = max(map(len, candidates), default=0)
    # A number such as 1 stands in many places: only what all the best places say is certain.
    best = {tuple(sorted(each.items())) for each in candidates if len(each) == most}
    return dict(best.pop()) if most and len(best) == 1 else {}


def _at(offset: int, structures: Mapping[int, bytes], tids: Collection[int]) -> dict[int, int]:
    """What the numbers at ``offset`` say, where they are the numbers of different threads or 0, of an ended one."""
    found: dict[int, int] = {}
    for address, data in structures.items():
        if len(data) < offset + _INT.size:
            continue
        (number,) = _INT.unpack_from(data, offset)
        if number and (number not in tids or number in found.values()):
            return {}
        if number:
            found[address] = number
    return found


def _read(descriptor: int, address: int) -> bytes:
    try:
        return os.pread(descriptor, _MOST, address)
    except (OSError, OverflowError):  # its stack was given back
        return b""
