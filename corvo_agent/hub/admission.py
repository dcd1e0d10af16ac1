"""Which processes a hub hears: those of its user, root's, and those that its service has started under another user."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import psutil


class Admission:
    """Decides by the credentials that the kernel gives with a connection, and by where the process comes from.

    A service that root starts gives its workers to another user (``gunicorn --user``), while its first process stays
    root's, and so does the hub. ``connected`` are the processes of the service that are known, ``starter`` is the one
    that has started the hub, 0 where that is of no interest.
    """

    def __init__(self, connected: Callable[[], Iterable[int]], starter: int = 0) -> None:
        self._connected = connected
        self._starter = _process(starter)

    def refusal(self, pid: int, user: int) -> str:
        """Why the process ``pid`` of ``user`` is not heard; "" where it is."""
        own = os.geteuid()
        if user in (0, own):
            return ""
        process = _process(pid)
        if own != 0 or process is None or not self._comes_from_service(process, user):
            return f"process {pid} of user {user} is none of the service of user {own}"
        return ""

    def _comes_from_service(self, process: psutil.Process, user: int) -> bool:
        known = set(self._connected())
        try:
            # Credentials stay with a connection, a number does not stay with a process.
            if process.uids().effective != user:
                return False
            line = [process, *process.parents()]
        except psutil.Error:
            return False
        return any(each.pid in known or each == self._starter for each in line)


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid) if pid > 0 else None
    except psutil.Error:
        return None
