"""What a forked child must not keep of its parent: sockets through which others would wait for an answer of the parent.

A child that lived on with them would keep a port taken that no loop serves, and connections open whose peer is gone.
"""

from __future__ import annotations

import os
import socket
import weakref

_OURS: weakref.WeakSet[socket.socket] = weakref.WeakSet()


def keep_from_children(ours: socket.socket) -> None:
    """Have ``ours`` lead nowhere in every child that is forked from now on, for as long as it exists."""
    _OURS.add(ours)


def _forked() -> None:
    numbers = [number for each in _OURS if (number := each.fileno()) >= 0]
    if not numbers:
        return
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in numbers:
        # Not closed: objects of the child know the number, and the next file to be opened would get it. What the
        # parent's event loop has registered belongs to the open file, which stays as it is.
        os.dup2(nowhere, number, inheritable=False)
    os.close(nowhere)


os.register_at_fork(after_in_child=_forked)
