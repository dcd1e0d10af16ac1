"""What is done around a fork, and what a child must not keep of its parent: sockets that lead to the parent's peers.

A child that lived on with them would keep a port taken that no loop serves, and connections open whose peer is gone.

The interpreter never forgets a hook. So it knows three functions of this file, and what they call can be taken away
again (``forget_forks``): by an agent inside a process that was not prepared, which leaves nothing there.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

_Hook = Callable[[], None]

_BEFORE: list[_Hook] = []
_IN_PARENT: list[_Hook] = []
_IN_CHILD: list[_Hook] = []


def when_forked(
    *, before: _Hook | None = None, after_in_parent: _Hook | None = None, after_in_child: _Hook | None = None
) -> None:
    """Call these around each fork, as ``os.register_at_fork`` does: those of ``before`` in the reverse order."""
    for hooks, hook in ((_BEFORE, before), (_IN_PARENT, after_in_parent), (_IN_CHILD, after_in_child)):
        if hook is not None:
            hooks.append(hook)


def forget_forks() -> None:
    """Call nothing any more: for whoever takes this package out of a process."""
    for hooks in (_BEFORE, _IN_PARENT, _IN_CHILD):
        hooks.clear()


def _call(hooks: list[_Hook]) -> None:
    for hook in hooks:
        hook()


# Their defaults hold what they need: the module may be emptied when nothing is to be called any more.
os.register_at_fork(
    before=lambda hooks=_BEFORE, call=_call: call(hooks[::-1]),
    after_in_parent=lambda hooks=_IN_PARENT, call=_call: call(hooks),
    after_in_child=lambda hooks=_IN_CHILD, call=_call: call(hooks),
)

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


when_forked(after_in_child=_forked)
