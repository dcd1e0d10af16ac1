"""Whether the system lets one process look into another one, and what to allow when it does not."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

_PR_SET_PTRACER = 0x59616D61
_CAP_SYS_PTRACE = 1 << 19
_DISABLING = b"PYTHON_DISABLE_REMOTE_DEBUG="
_OPTIONS = ("disable-remote-debug", "disable_remote_debug")


def remote_debugging_disabled(pid: int | None = None) -> str:
    """What forbids looking into the process from outside: the name of a setting, "" when nothing does.

    Honours PYTHON_DISABLE_REMOTE_DEBUG and ``-X disable-remote-debug`` (Python 3.14's switches, PEP 768) under
    every version of Python. ``pid`` None is this process.
    """
    if pid is None or pid == os.getpid():
        environment = os.environb.get(_DISABLING[:-1], b"") != b""
        options = any(option in sys._xoptions for option in _OPTIONS)
    else:
        variables = _read(f"/proc/{pid}/environ").split(b"\0")
        environment = any(each.startswith(_DISABLING) and each != _DISABLING for each in variables)
        options = _disabled_by_option(_read(f"/proc/{pid}/cmdline").split(b"\0"))
    if environment:
        return _DISABLING[:-1].decode()
    return f"-X {_OPTIONS[0]}" if options else ""


def _disabled_by_option(arguments: list[bytes]) -> bool:
    values = {each.encode() for each in _OPTIONS}
    joined = any(each[:2] == b"-X" and each[2:] in values for each in arguments)
    return joined or any(flag == b"-X" and value in values for flag, value in pairwise(arguments))


def ptrace_scope() -> int:
    """Yama's restriction: 0 no limit, 1 own descendants only, 2 administrators only, 3 none. 0 without Yama."""
    try:
        return int(_read("/proc/sys/kernel/yama/ptrace_scope"))
    except ValueError:
        return 0


def refusal(pid: int) -> str:
    """Why this process may not look into ``pid``, and what to allow: a sentence for the operator."""
    status = _status("self")
    if int(status.get("CapEff", "0"), 16) & _CAP_SYS_PTRACE:
        return (
            f"reading the memory of process {pid} was refused in spite of CAP_SYS_PTRACE: a security module, a seccomp"
            " filter or a user namespace stands in between; allow process_vm_readv and ptrace there"
        )
    advice = ["give the agent the capability SYS_PTRACE (docker: --cap-add SYS_PTRACE; Kubernetes: securityContext)"]
    mine, theirs = status.get("Uid", "").split(), _status(str(pid)).get("Uid", "").split()
    if mine[:1] != theirs[:1]:
        advice.append(f"or run it as the user of process {pid} (uid {' '.join(theirs[:1]) or 'unknown'})")
    scope = ptrace_scope()
    if scope:
        advice.append(f"or set kernel.yama.ptrace_scope to 0 (it is {scope})")
    advice.append("in containers the two also have to share a pid namespace")
    return f"reading the memory of process {pid} was refused; " + ", ".join(advice)


@contextlib.contextmanager
def traceable_by(pid: int) -> Iterator[None]:
    """Let the process ``pid``, a child of ours, look into this one, where Yama's scope 1 would refuse that.

    The permission is for that one process and is taken back at the end.
    """
    if ptrace_scope() != 1:
        yield
        return
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PTRACER, ctypes.c_ulong(pid), 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(_PR_SET_PTRACER, ctypes.c_ulong(0), 0, 0, 0)


def _status(pid: str) -> dict[str, str]:
    lines = _read(f"/proc/{pid}/status").decode("utf-8", "replace").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _read(path: str) -> bytes:
    # /proc answers from memory: this does not block. A process that has ended or is not ours has nothing to say.
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
