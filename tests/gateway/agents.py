"""Real agents on loopback whose handlers do what a test tells them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from corvo_agent.diagnostics.messages.payloads import logs_payload, profile_payload, stats_payload, string_payload
from corvo_agent.diagnostics.query import NOTHING, DebugQuery, Payload
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import InvalidArgument
from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.json.codec import encode_module
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.model import Module
from corvo_agent.modules.names import key_of

Answer = Callable[[DebugQuery], Awaitable[Payload]]


class Handler:
    """A query handler made of one function; ``stream`` repeats what is put into ``live``."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.live: asyncio.Queue[Payload | None] = asyncio.Queue()
        self.left = asyncio.Event()
        #: The queries that were asked.
        self.asked: list[DebugQuery] = []

    async def start(self) -> None:
        """Nothing to get ready."""

    async def stop(self) -> None:
        """Nothing to release."""

    async def handle(self, query: DebugQuery) -> Payload:
        self.asked.append(query)
        return await self._answer(query)

    async def stream(self, query: DebugQuery) -> AsyncIterator[Payload]:
        self.asked.append(query)
        try:
            yield await self._answer(query)
            while (payload := await self.live.get()) is not None:
                yield payload
        finally:
            self.left.set()


class Agent:
    """An agent: Log gives numbered lines, Stats what it was asked, Profile bytes, Action a greeting, Hang no answer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.log = Handler(self._lines)
        self.hanging = asyncio.Event()
        #: Set when somebody waits for this agent while it hangs.
        self.waiting = asyncio.Event()
        self.service = DiagnosticsService()
        self.service.register_handler("Log", self.log)
        self.service.register_handler("Stats", Handler(self._stats))
        self.service.register_handler("Profile", Handler(self._profile))
        self.service.register_handler("Action", Handler(self._action))
        self.service.register_handler("Hang", Handler(self._hang))
        self.service.register_handler("Odd", Handler(self._odd))
        self.server = DiagnosticsServer([self.service])

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server.address.rpartition(":")[2])

    @property
    def left(self) -> asyncio.Event:
        """Set when a follower's query has ended."""
        return self.log.left

    async def say(self, text: str) -> None:
        """A line for whoever follows."""
        await self.log.live.put(logs_payload([{"msg": text}]))

    async def end(self) -> None:
        """End the query of whoever follows."""
        await self.log.live.put(None)

    async def _odd(self, query: DebugQuery) -> Payload:
        return Payload("type.googleapis.com/protos.X", b"")

    async def _lines(self, query: DebugQuery) -> Payload:
        if self.hanging.is_set():
            self.waiting.set()
            await asyncio.Event().wait()
        lines = query.parameters.get("lines", "2")
        if not lines.isdecimal():
            raise InvalidArgument("lines", lines, "not a number")
        return logs_payload(
            {"level": "info", "msg": f"{self.name} {number}", "ts": f"2026-01-01T00:00:{number:02}Z"}
            for number in range(int(lines))
        )

    async def _stats(self, query: DebugQuery) -> Payload:
        if query.parameters.get("action") == "clear":
            return NOTHING
        return stats_payload({"cpustats": '{"NumCPUs":16}'} if query.parameters.get("expvar") != "nope" else {})

    async def _profile(self, query: DebugQuery) -> Payload:
        return profile_payload(b"\x1f\x8bprofile")

    async def _action(self, query: DebugQuery) -> Payload:
        match dict(query.parameters):
            case {"action": "greet", "name": name}:
                return string_payload(f"hello {name}")
            case {"action": "silent"}:
                return string_payload("")
            case unknown:
                raise InvalidArgument("action", unknown["action"], "there is none of that name")

    async def _hang(self, query: DebugQuery) -> Payload:
        await asyncio.Event().wait()
        return NOTHING


class AgentFarm:
    """Starts agents, each with its Module and its endpoint in ``store``; ends them all."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._stack = AsyncExitStack()
        self._agents: dict[str, Agent] = {}

    def hang(self, name: str) -> None:
        """Let the agent called ``name`` answer nothing any more."""
        self._agents[name].hanging.set()

    def waiting(self, name: str) -> bool:
        """Whether somebody waits for an agent that hangs."""
        return self._agents[name].waiting.is_set()

    async def waiting_for(self, name: str) -> None:
        """Wait until somebody waits for an agent that hangs."""
        await self._agents[name].waiting.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def start(self, module: Module, *, announce: bool = True) -> Agent:
        """An agent for ``module``, announced unless it is to be found by its status."""
        agent = self._agents[module.name] = Agent(module.name)
        await self._stack.enter_async_context(agent.service)
        await agent.server.start()
        self._stack.push_async_callback(self.stop, agent)
        if announce:
            address = encode_endpoint(Endpoint(f"127.0.0.1:{agent.port}"))
            await self._store.put(endpoint_key(module.name), address)
        await self._store.put(key_of(module.name), encode_module(module))
        return agent

    async def stop(self, agent: Agent) -> None:
        """End an agent; its endpoint stays, as after a crash."""
        await agent.service.aclose()
        await agent.server.aclose()
