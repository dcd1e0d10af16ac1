"""What ``start`` gives back: this process as a worker of its Module, for as long as it is not stopped."""

from __future__ import annotations

import _thread
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import asyncio

    from ..stats.variables import Variable
    from .backend import Backend

#: Seconds that stopping takes at most, unless told otherwise.
STOP_TIMEOUT = 5.0
_LOOK = 0.01


class Handle:
    """A started Module. ``with`` and ``async with`` stop it at their end; so does the end of the process.

    Its methods may be called from any thread, and in forked children, where it stands for the child.
    """

    def __init__(self, name: str, backend: Backend) -> None:
        #: The Module's name.
        self.name = name
        self.stopped = False
        #: What does the work.
        self.backend = backend

    def __repr__(self) -> str:
        state = "stopped" if self.stopped else f"at {self.address or 'no address yet'}"
        return f"<Handle {self.name} {state}{f': {self.problem}' if self.problem else ''}>"

    @property
    def address(self) -> str:
        """Where Debug queries about this process are answered, "HOST:PORT"; "" while it is not known."""
        return self.backend.address

    @property
    def problem(self) -> str:
        """What keeps the Module from being looked after, as a text for people; "" for nothing."""
        return self.backend.problem

    def publish(self, name: str, variable: Variable | Callable[[], Any]) -> None:
        """Let ``variable`` answer for ``name`` in ``corvo stats``, or a function: it is called for each answer.

        What an ``Int`` or the numbers of a ``Map`` have counted is added up over all processes of the Module. Raises
        AlreadyExists, InvalidArgument and ResourceExhausted as ``ExpvarRegistry.publish`` does.
        """
        self.backend.publish(name, variable)

    def action(self, name: str, function: Callable[..., Any], *, type_url: str = "") -> None:
        """Let operators call ``function`` as ``corvo action NAME name``: see ``ActionHandler.register_action``.

        A plain function runs in a thread; an async one on the loop of the host, where it has one. Raises AlreadyExists
        when the name is taken.
        """
        self.backend.register_action(name, function, type_url)

    def watch_loop(self, loop: asyncio.AbstractEventLoop, thread: int = 0) -> None:
        """Take ``loop``, which runs in the thread of ident ``thread`` (the caller's unless given), for the host's.

        Needed only for a loop that is not found by itself: asyncio's and uvloop's are while they run.
        """
        self.backend.watch_loop(loop, thread or _thread.get_ident())

    def wait(self, timeout: float = STOP_TIMEOUT) -> bool:
        """Wait until the Module answers for this process, at most ``timeout`` seconds; whether it does.

        There is no need to: ``start`` returns at once, and all else comes by itself.
        """
        deadline = time.monotonic() + timeout
        while not self.address and not self.stopped and time.monotonic() < deadline:
            time.sleep(_LOOK)
        return bool(self.address)

    def stop(self, timeout: float = STOP_TIMEOUT) -> bool:
        """Put the levels back as the application has them, leave the Module, and wait for that at most ``timeout``
        seconds; whether it has ended. May be called again, and ``start`` after it.
        """
        self.stopped = True
        return self.backend.stop(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from ..threads import in_thread

        await in_thread(self.stop, "corvo-stop")

    def forked(self) -> None:
        """In a child, in the hook of the fork."""
        if not self.stopped:
            self.backend.forked()
