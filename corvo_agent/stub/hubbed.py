"""A worker with a hub, and with an agent inside where no hub can be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..levels.level_filter import Scope
from .link import Link
from .place import MeetingPlace
from .process import WorkerProcess, has_program

if TYPE_CHECKING:
    from ..stats.variables import Variable
    from .backend import Backend

#: Makes what takes the place of a hub; called in a native thread.
MakeInside = Callable[[], "Backend"]


class Hubbed:
    """This process and its link to a hub at ``place``; ``inside`` makes what it falls back to."""

    def __init__(self, place: MeetingPlace, settings: Mapping[str, str], scope: Scope, inside: MakeInside) -> None:
        self._process = WorkerProcess(scope)
        self._inside = inside
        self._fallen: Backend | None = None
        self._link = Link(place, settings, self._process, self._fall_back)
        self._process.send = self._link.send
        self._problem = ""
        self._started = self._stopped = False

    @property
    def address(self) -> str:
        """See ``Backend``."""
        return self._process.address if self._fallen is None else self._fallen.address

    @property
    def problem(self) -> str:
        """See ``Backend``."""
        if self._fallen is not None:
            return self._fallen.problem
        return self._problem or self._link.problem or self._process.problem

    def start(self) -> None:
        """Look for the hub; once."""
        if not self._started:
            self._started = True
            try:
                self._link.start(ready=has_program)
            except RuntimeError as error:
                self._problem = str(error)

    def publish(self, name: str, variable: Variable | Callable[[], Any]) -> None:
        """See ``Handle``."""
        self._process.publish(name, variable)
        if self._fallen is not None:
            self._fallen.publish(name, variable)

    def register_action(self, name: str, function: Callable[..., Any], type_url: str = "") -> None:
        """See ``Handle``."""
        self._process.register_action(name, function, type_url)
        if self._fallen is not None:
            self._fallen.register_action(name, function, type_url)

    def watch_loop(self, loop: Any, thread: int) -> None:
        """See ``Handle``."""
        self._process.watch_loop(loop, thread)
        if self._fallen is not None:
            self._fallen.watch_loop(loop, thread)

    def forked(self) -> None:
        """See ``Backend``."""
        self._started = True
        self._process.forked()
        self._problem = ""
        try:
            self._link.forked()
        except RuntimeError as error:
            self._problem = str(error)
        # The child looks for a hub of its own accord: what the parent could not have, it may.
        self._fallen = None

    def last_words(self) -> None:
        """Say at the end of the process what was counted."""
        self._link.send(self._process.last_words())

    def stop(self, timeout: float) -> bool:
        """See ``Backend``."""
        self._stopped = True
        ended = self._link.stop(timeout, self._process.last_words())
        self._process.close(timeout)
        return ended if self._fallen is None else self._fallen.stop(timeout)

    def _fall_back(self, reason: str) -> None:
        try:
            fallen = self._inside()
            for name, variable in (
                {} if self._process.registry is None else self._process.registry.variables()
            ).items():
                fallen.publish(name, variable)
            for name, (function, type_url) in self._process.actions.items():
                fallen.register_action(name, function, type_url)
            for loop, thread in self._process.loops:
                fallen.watch_loop(loop, thread)
        except Exception as error:
            self._problem = f"{reason}; and no agent inside: {error}"
        else:
            self._fallen = fallen
            # One of the two sees the other: whoever stops looks for it after this.
            if self._stopped:
                fallen.stop(0.0)
