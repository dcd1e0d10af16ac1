"""The life of a hub: becomes the one of its Module, serves until the last process has left, and ends.

What is imported here is little: the processes that wait for a hub are connected before the rest is there.
"""

from __future__ import annotations

import fcntl
import os
import resource
import socket
import sys
import time
import traceback

from ..modules.etcd.without_requests import leave_out_requests
from ..stub.place import MeetingPlace

# Seconds for which the hub before this one may still be ending.
_PREDECESSOR = 10.0
_LOOK = 0.05
_BACKLOG = 1024
_MOST_DESCRIPTORS = 1 << 16


def main() -> None:
    """Become a process of its own and serve at the place that the first argument names."""
    leave_out_requests()
    place = MeetingPlace(sys.argv[1])
    starter = _leave_parent()
    listener = _listen(place)
    if listener is not None:
        try:
            # Late: the processes that wait for this one have a connection by now.
            from .serve import serve
        except ImportError:
            with open(place.log, "a", encoding="utf-8") as log:
                traceback.print_exc(file=log)
            raise
        serve(place, listener, starter)


def _leave_parent() -> int:
    """No descriptor, terminal, folder or child of the process that has started it, whose number is returned."""
    starter = os.getppid()
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    # Others may look into the folder of root's.
    os.umask(0o077)
    # Programs that are not Python's, such as uWSGI, hand on what they listen at.
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    os.closerange(3, _MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else min(soft, _MOST_DESCRIPTORS))
    return starter


def _listen(place: MeetingPlace) -> socket.socket | None:
    """The socket of the hub; None when there is another one. The lock is held until the process ends."""
    lock = os.open(place.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + _PREDECESSOR
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline or _is_served(place):
                return None
            time.sleep(_LOOK)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        os.unlink(place.socket)
    except FileNotFoundError:
        pass
    listener.bind(place.socket)
    # What root starts may go on under another user; a hub of root's looks at who it is that comes.
    os.chmod(place.socket, 0o600 if os.geteuid() else 0o666)
    listener.listen(_BACKLOG)
    return listener


def _is_served(place: MeetingPlace) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(place.socket)
        except OSError:
            return False
    return True
