"""Levels by signal: one signal for each level, sent to the target and to no other process."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

from ...errors import ConfigError, NotFound, PermissionRefused, Unavailable, Unsupported
from ...levels.level import Level
from ..target.process import FindTarget, ProcessIdentity, process_identity
from .protocol import LevelChange

# No program can catch these: sending them would never change a level.
_UNCATCHABLE = frozenset((signal.SIGKILL, signal.SIGSTOP))


class SignalHook:
    """Sends ``signals[level]`` to the process that ``find`` finds.

    A signal that the process neither handles nor ignores is not sent, because it would end it: then the program is
    another one than was thought, or has not got that far yet. Raises ConfigError for signals that nothing can handle.
    """

    knows_loggers = False

    def __init__(self, signals: Mapping[Level, signal.Signals], find: FindTarget) -> None:
        for number in signals.values():
            if number in _UNCATCHABLE:
                raise ConfigError("level hook", number.name, "no program can handle this signal")
        self._signals = dict(signals)
        self._find = find

    @property
    def name(self) -> str:
        """The signals by level."""
        return "signal " + ",".join(f"{level.text}={number.name}" for level, number in self._signals.items())

    async def set_level(self, change: LevelChange) -> None:
        """Send the signal of the level.

        Raises Unsupported for a level without a signal and for a signal that is not handled, NotFound when the
        target does not run, PermissionRefused.
        """
        number = self._signals.get(change.level)
        if number is None:
            raise Unsupported(f"level {change.level.text}", "no signal is configured for it")
        target = self._find()
        if target is None:
            raise NotFound("process", "of the target")
        try:
            _send(target, number)
        except (ProcessLookupError, FileNotFoundError):
            raise NotFound("process", str(target.pid)) from None
        except PermissionError as error:
            raise PermissionRefused(f"{number.name} to process {target.pid}", str(error)) from error
        except OSError as error:
            raise Unavailable(f"process {target.pid}", str(error)) from error


def _send(target: ProcessIdentity, number: signal.Signals) -> None:
    # The descriptor stands for one process: what is found after it was opened holds for the one that gets the signal.
    descriptor = os.pidfd_open(target.pid)
    try:
        # The number may belong to another process by now.
        if process_identity(target.pid) != target:
            raise ProcessLookupError
        if not _takes(target.pid, number):
            raise Unsupported(number.name, f"process {target.pid} does not handle it and would end")
        signal.pidfd_send_signal(descriptor, number)
    finally:
        os.close(descriptor)


def _takes(pid: int, number: signal.Signals) -> bool:
    """Whether the process catches or ignores the signal (proc(5): masks in hexadecimal, lowest signal last)."""
    with open(Path(f"/proc/{pid}/status"), encoding="utf-8", errors="replace") as status:
        masks = dict(line.split(":\t", 1) for line in status if line.startswith(("SigCgt:", "SigIgn:")))
    return any(int(mask, 16) >> (number - 1) & 1 for mask in masks.values())
