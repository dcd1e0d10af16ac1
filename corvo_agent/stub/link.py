"""The connection of this process to the hub of its Module: one native thread that finds it, or starts it, and listens.

The thread needs nothing of ``threading``, ``socket`` or ``asyncio``: it is real where greenlets stand in for threads,
and works while every other thread of the host is stuck, as long as that lets go of the interpreter's lock.
"""

from __future__ import annotations

import _thread
import errno
import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import CorvoError, system_reason
from ..framing import Unpacker, pack
from .hub_socket import HubSocket
from .launch import StartLock, start_hub
from .native import Pause, forget_thread, native, start_native
from .place import MeetingPlace, meeting_place

if TYPE_CHECKING:
    from .listener import Listener

#: Seconds that a forked child waits before it looks for the hub: most children end or become another program by then.
CHILD_PATIENCE = 0.3
#: Seconds after which a hub that was started and cannot be reached is given up, and another one is started.
START_TIMEOUT = 20.0
_BETWEEN_TRIES = 0.05
_READY = 1.0
# Of a hub that was there and is gone; another process may be about to start one.
_AFTER_LOSS = 0.1
#: Seconds for which a process that has changed its user waits for a hub of the user that it was: the other processes of
#: its service, which are that user's still, may be about to start one.
OTHERS_PATIENCE = START_TIMEOUT
_SEND_TIMEOUT = 5.0
#: How many hubs, one after the other, may end before they have told how they are; then there is taken to be none.
HUB_ATTEMPTS = 3
# What a process has too little of may be had again. Seconds between two tries.
_SCARCE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)
_AFTER_SCARCITY = 1.0


class Link:
    """The life of the connection. ``start`` it once; ``stop`` ends it for good.

    ``settings`` are the variables that a hub is started with. ``no_hub`` is called, in the thread, with the reason
    why none can be started; then the link has ended.
    """

    def __init__(
        self, place: MeetingPlace, settings: Mapping[str, str], listener: Listener, no_hub: Callable[[str], object]
    ) -> None:
        self._place = place
        self._settings = settings
        self._listener = listener
        self._no_hub = no_hub
        self._hub_pid = 0
        # Whose place it is: the process may change its user later.
        self._user = os.geteuid()
        self._reset()

    def _reset(self) -> None:
        #: What keeps it from a hub for now, "" for nothing.
        self.problem = ""
        # Hubs that have ended since the last one that answered.
        self._failures = 0
        self._socket: HubSocket | None = None
        self._start_lock = StartLock(self._place)
        # Until when a hub of another user's is waited for, 0 for not at all.
        self._waits_until = 0.0
        # Why there is none to wait for, "" while there may be.
        self._given_up = ""
        self._sending = native("allocate_lock")()
        self._stopped = False
        self._pause = Pause()
        self._ended = Pause()
        # The thread, 0 before it runs.
        self.thread = 0

    def start(self, delay: float = 0.0, ready: Callable[[], bool] | None = None) -> None:
        """Begin, after ``delay`` seconds and when ``ready`` says so, or a second later.

        Raises RuntimeError where no thread can be started.
        """
        start_native(self._run, delay, ready)

    def forked(self) -> None:
        """In a child of the process that it was started in: let go of what is the parent's, and begin anew later.

        Called in the hook of a fork: it takes no lock, imports nothing and waits for nothing. Raises RuntimeError where
        no thread can be started.
        """
        connection, self._socket = self._socket, None
        if connection is not None:
            connection.close()
        self._start_lock.release()
        self.thread = 0
        if not self._stopped:
            # All else is for later: most children do not live so long.
            start_native(self._run_in_child)

    def _run_in_child(self) -> None:
        patience = native("allocate_lock")()
        patience.acquire()
        patience.acquire(True, CHILD_PATIENCE)
        if self._stopped:
            return
        # The parent's thread may have been in the midst of them: they stay as they are.
        _PARENTS.append((self._sending, self._pause, self._ended))
        self._reset()
        self._run(0.0, None)

    def send(self, message: dict[str, Any], body: bytes = b"") -> bool:
        """Send it, from any thread; False when there is no hub, or it does not take it."""
        connection = self._socket
        if connection is None:
            return False
        data = pack(message, body)
        with self._sending:
            try:
                connection.send(data)
            except OSError:
                connection.hang_up()
                return False
        return True

    def stop(self, timeout: float, last: dict[str, Any] | None = None) -> bool:
        """Say ``last``, end, and wait at most ``timeout`` seconds for that; whether it has ended."""
        if not self._stopped:
            if last is not None:
                self.send(last)
            self._stopped = True
            self._pause.end()
            connection = self._socket
            if connection is not None:
                connection.hang_up()
        if self.thread in (0, _thread.get_ident()):
            return True
        return self._ended.for_seconds(timeout)

    def _run(self, delay: float, ready: Callable[[], bool] | None) -> None:
        self.thread = _thread.get_ident()
        ended = self._ended
        self._pause.for_seconds(delay)
        deadline = time.monotonic() + _READY
        while ready is not None and not self._stopped and not ready() and time.monotonic() < deadline:
            self._pause.for_seconds(_BETWEEN_TRIES)
        reason = ""
        try:
            while not self._stopped and not reason:
                reason = self._find()
                if self._socket is not None:
                    self._listen(self._socket)
                    reason = self._given_up
            if reason and not self._stopped:
                self._no_hub(reason)
        finally:
            forget_thread()
            ended.end()

    def _find(self) -> str:
        """Connect to the hub, and start it where there is none. Returns why that is not possible, "" otherwise."""
        deadline = 0.0
        try:
            while not self._stopped:
                connection = self._connect()
                if connection is not None:
                    self._socket = connection
                    return ""
                if self._start_lock.is_held and time.monotonic() < deadline:
                    self._pause.for_seconds(_BETWEEN_TRIES)
                elif self._start_lock.is_held or self._may_start():
                    # Another process may have started it since the last look.
                    connection = self._connect() if not deadline else None
                    if connection is not None:
                        self._socket = connection
                        return ""
                    self._reap()
                    start_hub(self._place, self._settings)
                    deadline = time.monotonic() + START_TIMEOUT
                else:
                    self._pause.for_seconds(_BETWEEN_TRIES)
        except OSError as error:
            reason = f"no hub can be started: {system_reason(error)}"
            if error.errno not in _SCARCE:
                return reason
            self.problem = reason
        finally:
            self._start_lock.release()
        self._pause.for_seconds(_AFTER_SCARCITY)
        return ""

    def _may_start(self) -> bool:
        try:
            return self._start_lock.acquire()
        except PermissionError:
            if self._user == os.geteuid():
                raise
            self._wait_for_others()
            return False

    def _wait_for_others(self) -> None:
        """Wait for the hub of the user that this process was, and after that go to one of the user that it is now.

        Raises OSError where that user has no place for one.
        """
        now = time.monotonic()
        self._waits_until = self._waits_until or now + OTHERS_PATIENCE
        if now < self._waits_until:
            return
        place = meeting_place(self._place.name)
        if place is None or place == self._place:
            raise PermissionError(0, f"user {os.geteuid()} has no folder for one of its own")
        self._place, self._start_lock = place, StartLock(place)
        self._user, self._waits_until = os.geteuid(), 0.0

    def _connect(self) -> HubSocket | None:
        try:
            return HubSocket(self._place.socket, _SEND_TIMEOUT)
        except OSError:
            return None

    def _listen(self, connection: HubSocket) -> None:
        try:
            self.send({"t": "hello", **self._listener.hello()})
            self._receive(connection)
        except (OSError, CorvoError, KeyError, TypeError, ValueError):
            # Whatever it is that speaks there, it is no hub of ours; looking for one again is all that can be done.
            pass
        finally:
            self._socket = None
            connection.close()
            self._listener.lost()
        if self._failures >= HUB_ATTEMPTS:
            self._given_up = (
                self._given_up or f"its hub has ended {self._failures} times at once, see {self._place.log}"
            )
        self._pause.for_seconds(_AFTER_LOSS)

    def _receive(self, connection: HubSocket) -> None:
        unpacker = Unpacker()
        # Until it has told how it is.
        self._failures += 1
        while not self._stopped:
            try:
                data = connection.receive(self._listener.tick())
            except TimeoutError:
                continue
            if not data:
                return
            for message, body in unpacker.feed(data):
                if message.get("t") == "welcome":
                    self._hub_pid = int(message["pid"])
                    self._waits_until, self.problem = 0.0, ""
                elif message.get("t") == "refused":
                    self._refused(str(message["reason"]))
                    return
                elif message.get("t") == "state":
                    # It has an agent, or says why not.
                    self._failures = 0
                self._listener.heard(message, body)

    def _refused(self, reason: str) -> None:
        self._failures = 0
        try:
            self._wait_for_others()
        except OSError as error:
            self._given_up = f"the hub refuses it: {reason}; {system_reason(error)}"

    def _reap(self) -> None:
        """Take note of a dead hub where this process has become its parent, as the first one of a container does."""
        if self._hub_pid and os.getpid() == 1:
            try:
                os.waitpid(self._hub_pid, os.WNOHANG)
            except ChildProcessError:
                pass
        self._hub_pid = 0


# Locks of a parent's links, in its children; they are never freed while held.
_PARENTS: list[object] = []
