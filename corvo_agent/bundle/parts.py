"""What goes into a bundle for each module, and how each part is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..diagnostics.client.typed_client import TypedClient
from .masking import masked_json, masked_lines, masked_profile, stacks_text

#: Threads and tasks with what they wait for; what each of them does is told as text, too.
DUMP = "goroutine"
CPU = "profile"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a bundle shall hold: the newest ``lines`` log lines, those of ``since`` if given, kinds of ``profiles``.

    ``cpu_seconds`` is how long the processor is watched, 0 for not at all.
    """

    lines: int = 1000
    since: str = ""
    profiles: tuple[str, ...] = ("heap",)
    cpu_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class BundlePart:
    """Some files of one module that one query gives.

    ``take`` asks the agent and gives name -> content for the names in ``files``, or for some of them when the answer
    has no more. It raises what the query raises.
    """

    files: tuple[str, ...]
    take: Callable[[TypedClient], Awaitable[dict[str, bytes]]]


def parts_of(asked: Asked) -> tuple[BundlePart, ...]:
    """The parts that ``asked`` stands for: statistics, logs, stacks, each kind of profile; the quick ones first."""
    parts = [
        BundlePart(("stats.json",), _stats),
        BundlePart(("logs.jsonl",), lambda client: _logs(client, asked)),
        BundlePart((f"{DUMP}.pb.gz", "stacks.txt"), _dump),
        *(_profile(kind) for kind in dict.fromkeys(asked.profiles) if kind not in (DUMP, CPU)),
    ]
    if asked.cpu_seconds > 0:
        parts.append(_profile(CPU, asked.cpu_seconds))
    return tuple(parts)


async def _stats(client: TypedClient) -> dict[str, bytes]:
    return {"stats.json": await asyncio.to_thread(masked_json, await client.stats())}


async def _logs(client: TypedClient, asked: Asked) -> dict[str, bytes]:
    # Every line, also those that a sidecar without a level hook would leave out.
    parameters = {"lines": str(asked.lines), "level": "all"} | ({"since": asked.since} if asked.since else {})
    return {"logs.jsonl": await asyncio.to_thread(masked_lines, await client.logs(parameters))}


async def _dump(client: TypedClient) -> dict[str, bytes]:
    buffer = await client.profile(DUMP)
    profile, text = await asyncio.to_thread(lambda: (masked_profile(buffer), stacks_text(buffer)))
    return {f"{DUMP}.pb.gz": profile, "stacks.txt": text}


def _profile(kind: str, seconds: float | None = None) -> BundlePart:
    name = f"{kind}.pb.gz" if kind not in ("cmdline", "trace") else f"{kind}.txt"

    async def take(client: TypedClient) -> dict[str, bytes]:
        return {name: await asyncio.to_thread(masked_profile, await client.profile(kind, seconds))}

    return BundlePart((name,), take)
