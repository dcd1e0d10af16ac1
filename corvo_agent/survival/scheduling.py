"""Threads that let others go first: those of a program beside a host that is to answer its next request at once.

Linux shares a processor fairly, which says nothing of when: a host that wakes up for a request waits until the slice
of the thread that runs there is over, and is interrupted again by those that wake up after it.
"""

from __future__ import annotations

import contextlib
import os
import platform
import struct
import sys

# Nanoseconds, the longest there is; that of others is about 3 ms. Since Linux 6.12 what wakes up with a shorter slice
# has the processor at once, and the thread has it again for what it is owed: its share stays what it was.
_SLICE = 100_000_000
# System calls by architecture; the C library has had a function for this one since glibc 2.41.
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
# struct sched_attr in its first version, and SCHED_FLAG_RESET_ON_FORK: sched_setattr(2).
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
_RESET_ON_FORK = 1


def be_interrupted() -> None:
    """Have the calling thread be interrupted by what wakes up; its share stays the same.

    For the main thread of a program. What it starts is as usual: a profiler in a process of its own has to be in time.
    Nothing changes where whoever started the program has chosen a policy or a priority above the usual one, nor before
    Linux 6.12.
    """
    if _is_usual():
        _set(os.SCHED_OTHER, _RESET_ON_FORK)


def let_others_first() -> None:
    """Have the calling thread be interrupted by what wakes up, and interrupt nothing when it does.

    For a thread with much to do that starts no process, by the policy SCHED_BATCH; else as ``be_interrupted``.
    """
    if _is_usual():
        # What older kernels know of it.
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        _set(os.SCHED_BATCH, 0)


def _is_usual() -> bool:
    if sys.platform != "linux":
        return False
    try:
        return os.sched_getscheduler(0) == os.SCHED_OTHER and os.getpriority(os.PRIO_PROCESS, 0) >= 0
    except OSError:
        # A sandbox may refuse any of these calls.
        return False


def _set(policy: int, flags: int) -> None:
    """The policy with the long slice and the flags; the nice value stays. Without effect where that cannot be."""
    number = _SCHED_SETATTR.get(platform.machine())
    if number is None or sys.maxsize < 1 << 32:
        return
    # Late, as all that only programs need.
    import ctypes

    nice = os.getpriority(os.PRIO_PROCESS, 0)
    attributes = _ATTRIBUTES.pack(_ATTRIBUTES.size, policy, flags, nice, 0, _SLICE, 0, 0)
    ctypes.CDLL(None).syscall(number, 0, ctypes.create_string_buffer(attributes, len(attributes)), 0)
