"""Drives the demo's gateway over REST as curl would."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson

from ..modules.names import API_PATH
from .findings import Failed
from .world import NAME, SECOND_NAME, DemoWorld

_BOTH = f"{API_PATH}/Debug?field-selector=status.module=orders"


@asynccontextmanager
async def _session(world: DemoWorld) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(world.gateway.url) as session:
        yield session


async def _json(session: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> Any:
    """The answer's JSON. Raises Failed when it is not 200."""
    async with session.request(method, path, json=body) as answer:
        found = await answer.json()
        if answer.status != 200:
            raise Failed(f"{method} {path} gave {answer.status}: {found}")
        return found


async def _debug(session: aiohttp.ClientSession, name: str, query: str, **parameters: str) -> Any:
    body = {"query": query, "parameters": parameters}
    answer = await _json(session, "POST", f"{API_PATH}/modules/{name}/Debug", body)
    return answer["diagnostics"]


async def modules(world: DemoWorld) -> str:
    """The list has both modules, and one of them is found by its name."""
    async with _session(world) as session:
        listed = [item["meta"]["name"] for item in (await _json(session, "GET", f"{API_PATH}/modules"))["items"]]
        one = await _json(session, "GET", f"{API_PATH}/modules/{SECOND_NAME}")
    if listed != [NAME, SECOND_NAME] or one["status"]["node"] != "node2":
        raise Failed(f"the list is {listed}, and {SECOND_NAME} runs on {one['status'].get('node')}")
    return f"{len(listed)} modules: {', '.join(listed)}"


async def queries(world: DemoWorld) -> str:
    """Both modules answer Log, Stats and Profile."""
    seen = []
    async with _session(world) as session:
        for name in (NAME, SECOND_NAME):
            logs = (await _debug(session, name, "Log", lines="300"))["logs"]
            stats = (await _debug(session, name, "Stats", action="get", expvar="cpustats"))["stats"]
            profile = base64.b64decode((await _debug(session, name, "profile", profile="goroutine"))["buffer"])
            # A profile is gzip, which begins with these two bytes (RFC 1952).
            numbers = orjson.loads(stats["cpustats"])
            # Of a service with several processes they are told by the process.
            cpus = [each.get("NumCPUs") for each in ([numbers] if "NumCPUs" in numbers else numbers.values())]
            if not logs or not all(cpus) or not profile.startswith(b"\x1f\x8b"):
                raise Failed(f"{name}: {len(logs)} lines, {stats}, {profile[:20]!r}")
            seen.append(f"{len(logs)} lines and {len(profile)} bytes of pprof of {name}")
    return ", ".join(seen)


async def level(world: DemoWorld) -> str:
    """A level for a minute is in force at once, and taken back."""
    path = f"{API_PATH}/modules/{NAME}/level"
    # One that does not hold already, so that there is something to see.
    wanted = "Error" if world.agent.level.level_text != "Error" else "Debug"
    async with _session(world) as session:
        known, began = len(world.levels), asyncio.get_running_loop().time()
        await _json(session, "PUT", path, {"level": wanted, "for": "1m", "reason": "demo"})
        moment = await world.wait_level(wanted, known)
        held = world.agent.level.level_text
        known = len(world.levels)
        await _json(session, "PUT", path, {"level": None})
    if held != wanted:
        raise Failed(f"{wanted} was set and {held} holds")
    return f"{wanted} for 1m, applied {1000 * (moment - began):.1f} ms after the PUT was begun; taken back"


async def fan_out(world: DemoWorld) -> str:
    """One request asks both modules, and their answers come on lines of their own."""
    async with (
        _session(world) as session,
        session.post(_BOTH, json={"query": "Log", "parameters": {"lines": "5"}}) as answer,
    ):
        lines = [orjson.loads(line) for line in (await answer.read()).splitlines()]
    # The last line is the summary.
    answered = sorted(line["module"] for line in lines[:-1] if line["ok"])
    if answered != [NAME, SECOND_NAME]:
        raise Failed(f"answered by {answered}: {lines}")
    return f"both modules in one request, summary {lines[-1]['summary']}"


async def watch(world: DemoWorld) -> str:
    """A watch tells of the modules that are there, and then of a change."""
    async with _session(world) as session, session.get(f"{API_PATH}/watch/modules") as answer:
        events = _events(answer)
        seen = {(await anext(events))["object"]["meta"]["name"] for _ in range(2)}
        await _json(session, "POST", f"{API_PATH}/modules/{SECOND_NAME}/label", {"labels": {"seen-by": "check"}})
        while (changed := await anext(events))["object"]["meta"].get("labels") != {"seen-by": "check"}:
            pass
    return f"{len(seen)} Created, then {changed['type']} of {changed['object']['meta']['name']}"


async def _events(answer: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    async for line in answer.content:
        for event in orjson.loads(line)["result"]["events"]:
            yield event


REST_ATTEMPTS: dict[str, Callable[[DemoWorld], Awaitable[str]]] = {
    "modules over REST": modules,
    "queries over REST": queries,
    "level over REST": level,
    "both at once over REST": fan_out,
    "watch over REST": watch,
}
