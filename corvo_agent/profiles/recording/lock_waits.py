"""Which threads stand at a lock: told from the instruction that they are in.

A lock of C has no Python frame. But a thread whose innermost frame is at ``with x:`` or at a call of ``x.acquire``,
is there again at the next look, and has used no processor meanwhile, waits for ``x``: were the ``__enter__`` or the
``acquire`` Python code, that would be the innermost frame. ``threading.Condition`` is such code: what stands behind it,
a semaphore or a queue, is told from the frames that called it.
"""

from __future__ import annotations

import dis
from pathlib import PurePath
from types import CodeType, FrameType

# Up to Python 3.13 one instruction enters ``with x``; from 3.14 on it is a call of what was loaded just before.
_ENTER = "BEFORE_WITH"
_LOAD_SPECIAL = "LOAD_SPECIAL"
_CALLS = frozenset(("CALL", "PRECALL", "CALL_KW", "CALL_FUNCTION_EX"))
_CANDIDATES = {dis.opmap[name] for name in {_ENTER, *_CALLS} if name in dis.opmap}
_METHODS = frozenset(("LOAD_METHOD", "LOAD_ATTR"))
_ACQUIRE = frozenset(("acquire", "acquire_lock"))
# Arguments of acquire are few and simple; what is further back belongs to something else.
_BACK = 12
# The functions of threading that wait for what others share; its events and joins wait for no lock of anybody.
_CONDITION_WAIT, _CONDITION_ENTER = "Condition.wait", "Condition.__enter__"
# Who calls Condition.wait: file and function -> the state, "" for what is no contention.
_BEHIND = {
    ("threading.py", "Semaphore.acquire"): "waiting: semaphore",
    ("threading.py", "Event.wait"): "",
    ("threading.py", "Barrier._wait"): "",
    ("threading.py", "Barrier._enter"): "",
    ("queue.py", "Queue.get"): "waiting: queue get",
    ("queue.py", "Queue.put"): "waiting: queue put",
    ("queue.py", "Queue.join"): "waiting: queue join",
}


class LockSites:
    """Remembers which instructions take a lock. Belongs to one thread."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], bool] = {}
        # Keeps the code objects alive, so that their ids stay their own.
        self._codes: dict[int, CodeType] = {}

    def state(self, frame: FrameType) -> str:
        """``waiting: `` and what ``frame`` waits for, if it stands where it is; "" for what takes no lock."""
        if not self._takes_lock(frame):
            return ""
        return _behind_condition(frame) if frame.f_code.co_qualname == _CONDITION_WAIT else "waiting: lock"

    def _takes_lock(self, frame: FrameType) -> bool:
        code, at = frame.f_code, frame.f_lasti
        # Busy threads are at another place each time: most are settled by a glance at the instruction.
        if at < 0 or code.co_code[at] not in _CANDIDATES:
            return False
        key = (id(code), at)
        found = self._known.get(key)
        if found is None:
            self._codes[id(code)] = code
            self._known[key] = found = _takes_lock(code, at)
        return found


def _behind_condition(frame: FrameType) -> str:
    """What uses the condition that ``frame``, in its ``wait``, waits for."""
    caller = frame.f_back
    while caller is not None and caller.f_code.co_qualname == "Condition.wait_for":
        caller = caller.f_back
    if caller is None:
        return "waiting: condition"
    code = caller.f_code
    return _BEHIND.get((PurePath(code.co_filename).name, code.co_qualname), "waiting: condition")


def _takes_lock(code: CodeType, at: int) -> bool:
    if code.co_filename.endswith("threading.py"):
        # The one call of Condition.__enter__ is that of the lock's own.
        if code.co_qualname == _CONDITION_ENTER:
            return True
        if code.co_qualname != _CONDITION_WAIT:
            return False
    *before, current = (each for each in dis.get_instructions(code) if each.offset <= at)
    if current.opname == _ENTER:
        return True
    if before and before[-1].opname == _LOAD_SPECIAL:
        return before[-1].argrepr == "__enter__"
    # The attribute that is called is loaded before its arguments.
    for each in reversed(before[-_BACK:]):
        if each.opname in _METHODS:
            return each.argval in _ACQUIRE
        if each.opname in _CALLS - {"PRECALL"}:
            return False
    return False
