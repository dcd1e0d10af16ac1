"""This process as a worker of its Module: the level that its hub asks for, what it publishes, what it is asked."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .. import _version
from ..errors import AlreadyExists
from ..framing import pack_error
from ..levels.filter import held_back, refresh_filter
from ..levels.layer import LevelLayer
from ..levels.level_filter import Scope
from ..levels.state import LevelState
from .messages import unpack_level
from .native import has_greenlets

if TYPE_CHECKING:
    from ..stats.counters import Count
    from ..stats.expvar import ExpvarRegistry
    from ..stats.variables import Variable
    from .questions import Answering

#: Seconds between two looks for loggers that were set up since, and between two reports of what was counted.
TICK = 5.0
# The same in the first seconds of a process: then programs set up their logging, perhaps over a level that they were
# forked with, and close the descriptors that they do not know.
_YOUNG, _YOUNG_TICK = 10.0, 0.2
# Where nothing is in force and nothing counts there is nothing to look after.
_QUIET = 60.0
_SHORTEST = 0.01
#: Sends a message to the hub; False when it did not get there.
Send = Callable[..., bool]


class WorkerProcess:
    """What a hub hears of this process, and does in it; the listener of a ``Link``, which gives it ``send``.

    ``hello``, ``heard``, ``lost`` and ``tick`` are for the thread of the link, all else for any.
    """

    def __init__(self, scope: Scope) -> None:
        #: Set by whoever makes the link.
        self.send: Send = lambda message, body=b"": False
        #: Where the hub answers for this process, "" while it is not known.
        self.address = ""
        #: What keeps the hub from serving, "" for nothing.
        self.problem = ""
        #: The level that was asked for last; None before that.
        self.level: LevelState | None = None
        self.layer = LevelLayer(scope, ended_by_owner=True)
        #: What is published, made when something is.
        self.registry: ExpvarRegistry | None = None
        self.actions: dict[str, tuple[Callable[..., Any], str]] = {}
        #: Loops that the host has named.
        self.loops: list[tuple[Any, int]] = []
        self._answers: Answering | None = None
        # Of a forked child: what its parent had counted.
        self._base: dict[str, Count] = {}
        self._told: dict[str, Count] | None = None
        # When it first found a hub, 0 before.
        self._begun = 0.0
        # The number of the last level, and what was wrong with the host's loggers when they were looked at last.
        self._number, self._fault = 0, ""

    # For the host

    def publish(self, name: str, variable: Variable | Callable[[], Any]) -> None:
        """Let ``variable``, or what a function returns, answer for ``name``. Raises what ``ExpvarRegistry`` raises."""
        # Late: most services publish nothing.
        from ..stats.variables import Func, Variable

        published = variable if isinstance(variable, Variable) else Func(variable)
        self.variables().publish(name, published)

    def variables(self) -> ExpvarRegistry:
        """The registry of what is published."""
        if self.registry is None:
            from ..stats.expvar import ExpvarRegistry

            self.registry = ExpvarRegistry()
        return self.registry

    def register_action(self, name: str, function: Callable[..., Any], type_url: str = "") -> None:
        """Let operators run ``function``. Raises AlreadyExists."""
        if name in self.actions:
            raise AlreadyExists("action", name)
        self.actions[name] = (function, type_url)
        if self._answers is not None:
            self._answers.register_action(name, function, type_url)

    def watch_loop(self, loop: Any, thread: int) -> None:
        """Take ``loop``, which runs in the thread of ident ``thread``, for one of the host's."""
        self.loops.append((loop, thread))

    def counts(self) -> dict[str, Count]:
        """What this process has counted since it began."""
        return {} if self.registry is None else self.registry.counts(self._base)

    def last_words(self) -> dict[str, Any]:
        """What to say when the process ends."""
        return {"t": "bye", "values": self.counts()}

    def close(self, timeout: float) -> None:
        """Take the level away, and all that measures; wait at most ``timeout`` seconds for that."""
        self.layer.close()
        answers, self._answers = self._answers, None
        if answers is not None:
            answers.close(timeout)

    def forked(self) -> None:
        """In a child, before anything else: what was counted, and who answers, is the parent's."""
        _PARENTS.append(self._answers)
        self._answers = None
        self.loops = []
        self.address, self._told, self._begun = "", None, 0.0
        if self.registry is not None:
            self.registry.forked()
            self._base = self.registry.counts()

    # For the link

    def hello(self) -> Mapping[str, Any]:
        """Who this is."""
        self._told = self.counts()
        if not self._begun:
            self._begun = time.monotonic()
        return {
            "pid": os.getpid(),
            "version": _version.__version__,
            "python": sys.version.split()[0],
            "level": self.level is not None,
            "values": self._told,
        }

    def heard(self, message: Mapping[str, Any], body: bytes) -> None:
        """Do what the hub asks for. Raises KeyError, TypeError and ValueError for what no hub sends."""
        kind = message["t"]
        if kind == "level":
            self._apply(int(message["seq"]), unpack_level(message["state"]))
        elif kind == "state":
            self.address, self.problem = str(message["address"]), str(message["problem"])
        elif kind == "ask":
            self._ask(message)
        elif kind == "cancel" and self._answers is not None:
            self._answers.cancel(int(message["id"]))

    def lost(self) -> None:
        """Nothing is asked any more; the level stays until another hub says otherwise."""
        self.address = ""
        if self._answers is not None:
            self._answers.cancel_all()

    def tick(self) -> float:
        """End an override in time, catch up with the host's logging, report what was counted."""
        left = self.layer.end(time.time_ns())
        in_force = self.level is not None and (self.level.level is not None or bool(self.level.loggers))
        if self.level is not None:
            self._refresh()
        if self.registry is not None and (values := self.counts()) != self._told:
            self._told = values
            self.send({"t": "counters", "values": values})
        pause = TICK if in_force or self.registry is not None else _QUIET
        if time.monotonic() - self._begun < _YOUNG:
            pause = _YOUNG_TICK
        return max(_SHORTEST, min(pause, left or pause))

    def _refresh(self) -> None:
        """Also while nothing is in force: code of the host may put back what it has found while something was."""
        fault = ""
        try:
            refresh_filter()
        except Exception as error:
            # As below.
            fault = str(error) or type(error).__name__
        if fault != self._fault:
            self._fault = fault
            self.send({"t": "applied", "seq": self._number, "fault": fault})

    def _apply(self, number: int, state: LevelState) -> None:
        fault = ""
        try:
            self.layer.apply(state)
            # The same level as before is no change to the layer, but loggers may have left it since.
            refresh_filter()
            self.level = state
            if state.enable_trace or self._answers is not None:
                self._answering().enable_trace(state.enable_trace)
        except Exception as error:
            # Whatever the host's loggers do at a change of level: it is told, and no reason to stop.
            fault = str(error) or type(error).__name__
        self._number, self._fault = number, fault
        self.send({"t": "applied", "seq": number, "fault": fault})

    def _ask(self, message: Mapping[str, Any]) -> None:
        number, parameters = int(message["id"]), message["parameters"]
        try:
            if message["query"].casefold() == "stats" and parameters.get("expvar") == "agent":
                # What `corvo level` asks for is answered at once, and without an event loop.
                from ..levels.blockers import level_blockers

                told = json.dumps({"held-back": held_back(), "blockers": level_blockers()})
                self.send({"t": "answer", "id": number, "stats": {"agent": told}})
                return
            # The answer may take its time; that it is thought about is told at once.
            self.send({"t": "heard", "id": number})
            self._answering().ask(number, message["query"], parameters, message["timeout"])
        except Exception as error:
            self.send({"t": "answer", "id": number, "error": pack_error(error)})

    def _answering(self) -> Answering:
        if self._answers is None:
            self._answers = self._new_answers()
        return self._answers

    def _new_answers(self) -> Answering:
        # Late: it brings an event loop, and all that statistics and profiles need.
        if library := has_greenlets():
            from .green_answers import GreenAnswers

            return GreenAnswers(self, library)
        from .answers import Answers

        return Answers(self)


# What a child has of its parent's, for ever: what their ends would do is the parent's.
_PARENTS: list[object] = []


def has_program() -> bool:
    """Whether the program that this process runs is there: what belongs to it cannot be told from libraries before."""
    main = sys.modules.get("__main__")
    return getattr(main, "__file__", None) is not None or getattr(main, "__spec__", None) is not None
