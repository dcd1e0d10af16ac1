"""Who has changed or asked what: one line of JSON each, in a file of its own or in the program's log.

A line has ``time``, ``who`` (the authenticated name, never what a caller says of itself), ``from`` (an address),
``action``, ``module``, ``result`` and ``seconds``; a query has its ``query`` and ``parameters``, a change its
``change``, all with secrets masked. Refusals are told in sum, for each caller once a second.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import CorvoError, DecodeError
from ..modules.callbacks import ModuleChange
from ..modules.controls.codec import control_of, control_to_dict, decode_control
from ..modules.json.codec import module_to_dict
from ..modules.json.merge_patch import difference
from ..modules.kv import Change, ChangeType
from ..secrets import mask_json
from ..threads import ThreadPool, result_of
from ..timestamps import format_millis
from .caller import Caller, calling, current_caller
from .recent import RecentLines
from .roles import Role

if TYPE_CHECKING:
    from .audit_file import AuditFile

_log = logging.getLogger("corvo_agent.audit")

# Lines that wait for the disk, callers that refusals are counted for, and characters of one parameter.
_WAITING = 10_000
_CALLERS = 1000
_LONGEST = 500
# Characters of one in which secrets are looked for: to look through megabytes takes seconds. What is cut off there ends
# as a quoted secret does, so that one which goes on behind it is found.
_LOOKED_THROUGH, _END = 8000, "\"'"
_SUM_SECONDS = 1.0
_CLOSE_SECONDS = 2.0


@dataclass(slots=True)
class Told:
    """What an action adds to its line while it goes on."""

    more: dict[str, Any] = field(default_factory=dict)


class Audit:
    """Writes the lines into the file ``path``, which only its owner reads and which is rotated, or logs them for "".

    ``recent`` gets them, too. They are written in a thread; should the disk not keep up, lines are left out and the
    next one says how many.
    Raises ConfigError when the file cannot be opened. Close it with ``aclose``.
    """

    def __init__(self, path: str = "", clock: Clock = SYSTEM_CLOCK, recent: RecentLines | None = None) -> None:
        self._recent = recent
        self._clock = clock
        self._file = _open(path) if path else None
        self._pool = ThreadPool("the audit", "corvo-audit", 1) if path else None
        self._lock = threading.Lock()
        self._waiting = self._lost = 0
        self._refused: dict[tuple[str, str, str], int] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def aclose(self) -> None:
        """Tell the refusals that are still counted, write what waits and close the file; within two seconds.

        Idempotent.
        """
        self._tell_refused()
        pool, self._pool = self._pool, None
        if pool is None or self._file is None:
            return
        closed = pool.submit(self._file.close)
        pool.close()
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await result_of(closed)
        except TimeoutError:
            _log.error("the audit file is not written to its end: its disk does not answer")
        except OSError as error:
            _log.error("the audit file is not written to its end: %s", error)

    def tell(self, action: str, module: str, result: str, seconds: float, **more: Any) -> None:
        """One line about what the present caller did to the Module ``module``."""
        self._write(_line(self._now(), current_caller(), action, module, result, seconds, more))

    @contextmanager
    def told(self, action: str, module: str, **more: Any) -> Iterator[Told]:
        """One line about what is done in here, with how it ended; its user adds to it what comes to be known."""
        started, told = time.monotonic(), Told(more)
        result = "ok"
        try:
            yield told
        except asyncio.CancelledError:
            result = "cancelled"
            raise
        except CorvoError as error:
            result = f"{type(error).__name__}: {error}"[:_LONGEST]
            raise
        except BaseException as error:
            result = type(error).__name__
            raise
        finally:
            self.tell(action, module, result, time.monotonic() - started, **told.more)

    def seen(self, change: ModuleChange) -> None:
        """One line about a change that the store tells of: it knows nothing of who made it."""
        old, new = (module_to_dict(each)["spec"] if each else {} for each in (change.old, change.new))
        if old == new:
            return
        with calling(Caller("the store", Role.ADMIN, address="etcd")):
            found = difference(old, new)
            self.tell("change seen", change.name, "ok", 0.0, change=found, revision=change.revision)

    def seen_beside(self, changes: Iterable[Change]) -> None:
        """One line about each control among ``changes`` of the store; of who made it is known what it says itself."""
        with calling(Caller("the store", Role.ADMIN, address="etcd")):
            for change in changes:
                if (found := control_of(change.key)) is None:
                    continue
                more: dict[str, Any] = {"id": found[1], "revision": change.revision}
                if change.type is not ChangeType.DELETED and change.item is not None:
                    with suppress(DecodeError):
                        control = decode_control(change.item)
                        more |= {"by": control.by, "control": control_to_dict(control)}
                gone = change.type is ChangeType.DELETED
                self.tell("level ended, seen" if gone else "level seen", found[0], "ok", 0.0, **more)

    def refused(self, who: str, address: str, action: str) -> None:
        """A call was refused; told within a second, with how many of them there were. On the loop."""
        key = (who, address, action)
        if key not in self._refused and len(self._refused) >= _CALLERS:
            key = ("others", "", "")
        self._refused[key] = self._refused.get(key, 0) + 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SUM_SECONDS, self._tell_refused)

    def _tell_refused(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        refused, self._refused = self._refused, {}
        for (who, address, action), count in refused.items():
            line = {"time": self._now(), "who": who, "from": address, "action": action, "result": "refused"}
            self._write({**line, "count": count})

    def _now(self) -> str:
        return format_millis(self._clock.time_ns())

    def _write(self, line: dict[str, Any]) -> None:
        if self._recent is not None:
            self._recent.add(dict(line))
        pool = self._pool
        if pool is None:
            _log.info("audit %s", orjson.dumps(line).decode())
            return
        with self._lock:
            if self._waiting >= _WAITING:
                self._lost += 1
                return
            if self._lost:
                line["left-out-before"], self._lost = self._lost, 0
            self._waiting += 1
        pool.submit(lambda: self._put(line))

    def _put(self, line: dict[str, Any]) -> None:
        assert self._file is not None
        try:
            self._file.emit(logging.makeLogRecord({"msg": orjson.dumps(line).decode(), "args": None}))
        finally:
            with self._lock:
                self._waiting -= 1


_audit: ContextVar[Audit | None] = ContextVar("corvo_audit", default=None)


def current_audit() -> Audit | None:
    """What hears of the call that is being answered; None where nothing does. Tasks begun for it have the same."""
    return _audit.get()


@contextmanager
def auditing(audit: Audit | None) -> Iterator[None]:
    """In here a call is being answered that ``audit`` hears of."""
    token = _audit.set(audit)
    try:
        yield
    finally:
        _audit.reset(token)


def _open(path: str) -> AuditFile:
    # Late: most have their lines in the program's log, and rotating files bring pickle and sockets with them.
    from .audit_file import open_audit_file

    return open_audit_file(path)


def _line(
    now: str, caller: Caller, action: str, module: str, result: str, seconds: float, more: Mapping[str, Any]
) -> dict[str, Any]:
    # No Module may have so long a name, but whoever asks for one may say what they like.
    name = module[:_LONGEST]
    found = {"time": now, "who": caller.name, "from": caller.address, "action": action, "module": name}
    told = _bounded(mask_json(_bounded(dict(more), _LOOKED_THROUGH, _END)))
    return {**found, **told, "result": result, "seconds": round(seconds, 4)}


def _bounded(value: Any, longest: int = _LONGEST, end: str = "") -> Any:
    """``value`` without texts of any length, who asks decides how long they are; ``end`` stands for what is cut off."""
    if isinstance(value, dict):
        return {str(key)[:_LONGEST]: _bounded(item, longest, end) for key, item in list(value.items())[:100]}
    if isinstance(value, list):
        return [_bounded(item, longest, end) for item in value[:100]]
    return value[:longest] + end if isinstance(value, str) and len(value) > longest else value
