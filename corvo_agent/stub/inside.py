"""The agent inside the process, in a thread of its own: where no hub can be had, or none is wanted."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..levels.level_filter import Scope
from .native import Pause, start_native

if TYPE_CHECKING:
    from ..agent.agent import Agent
    from ..stats.variables import Variable

# Seconds that a forked child waits before it has an agent of its own, if it lives on.
_CHILD_PATIENCE = 0.3
_LOOK_FOR_LOOPS = 1.0


class Inside:
    """Runs an agent of the settings in ``environment`` until it is stopped. Nothing that goes wrong comes out of it."""

    def __init__(self, environment: Mapping[str, str], scope: Scope) -> None:
        self._environment = dict(environment)
        self._scope = scope
        # What was given before there was an agent to give it to, and for the one of a forked child.
        self._published: dict[str, Variable | Callable[[], Any]] = {}
        self._actions: dict[str, tuple[Callable[..., Any], str]] = {}
        self._loops: list[tuple[Any, int]] = []
        self._begin()

    def _begin(self) -> None:
        #: What keeps it from running, "" for nothing.
        self.problem = ""
        self._lock = threading.RLock()
        self._agent: Agent | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wanted: asyncio.Event | None = None
        self._started = self._stopped = False
        self._ended = Pause()
        self._delay = Pause()

    @property
    def address(self) -> str:
        """See ``Backend``."""
        return "" if self._agent is None else self._agent.address

    def start(self, delay: float = 0.0) -> None:
        """Run it, after ``delay`` seconds; once."""
        if self._started:
            return
        self._started = True
        try:
            start_native(self._run, delay)
        except RuntimeError as error:
            self.problem = str(error)
            self._ended.end()

    def publish(self, name: str, variable: Variable | Callable[[], Any]) -> None:
        """See ``Handle``."""
        with self._lock:
            if self._agent is not None:
                _publish(self._agent, name, variable)
            self._published[name] = variable

    def register_action(self, name: str, function: Callable[..., Any], type_url: str = "") -> None:
        """See ``Handle``."""
        with self._lock:
            if self._agent is not None:
                self._agent.service.register_action(name, function, type_url=type_url)
            self._actions[name] = (function, type_url)

    def watch_loop(self, loop: Any, thread: int) -> None:
        """See ``Handle``."""
        self._loops.append((loop, thread))

    def forked(self) -> None:
        """See ``Backend``; the child has an agent of its own if it lives on."""
        stopped = self._stopped
        _PARENTS.append((self._lock, self._agent, self._loop, self._wanted, self._ended, self._delay))
        self._begin()
        self._stopped = stopped
        if not stopped:
            self.start(_CHILD_PATIENCE)

    def stop(self, timeout: float) -> bool:
        """See ``Backend``."""
        with self._lock:
            if not self._stopped:
                self._stopped = True
                self._delay.end()
                if self._loop is not None and self._wanted is not None:
                    self._loop.call_soon_threadsafe(self._wanted.set)
        return self._ended.for_seconds(timeout)

    def _run(self, delay: float) -> None:
        try:
            if not self._delay.for_seconds(delay):
                asyncio.run(self._serve())
        except Exception as error:
            self.problem = str(error) or type(error).__name__
        finally:
            self._ended.end()

    async def _serve(self) -> None:
        # Late: it is most of what there is.
        from ..agent.build_inside import build_inside

        agent = build_inside(self._environment, self._scope)
        with self._lock:
            if self._stopped:
                return
            self._loop, self._wanted = asyncio.get_running_loop(), asyncio.Event()
            for name, variable in self._published.items():
                _publish(agent, name, variable)
            for name, (function, type_url) in self._actions.items():
                agent.service.register_action(name, function, type_url=type_url)
            self._agent = agent
        async with agent:
            await self._until_stopped(agent, self._wanted)

    async def _until_stopped(self, agent: Agent, wanted: asyncio.Event) -> None:
        from ..profiles.pacing.running_loops import watch_host_loops

        while not wanted.is_set():
            recorders = agent.service.recorders
            if recorders is not None:
                for loop, thread in self._loops:
                    recorders.loops.watch(loop, thread)
                watch_host_loops(recorders.loops, asyncio.get_running_loop())
            try:
                async with asyncio.timeout(_LOOK_FOR_LOOPS):
                    await wanted.wait()
            except TimeoutError:
                continue


def _publish(agent: Agent, name: str, variable: Variable | Callable[[], Any]) -> None:
    from ..stats.variables import Func, Variable

    agent.service.expvars.publish(name, variable if isinstance(variable, Variable) else Func(variable))


# What a child has of its parent's, for ever: what their ends would do is the parent's.
_PARENTS: list[object] = []
