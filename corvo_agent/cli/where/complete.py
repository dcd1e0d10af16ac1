"""What shells may offer for arguments: levels, kinds of profiles, and what is there, asked where the words say."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import click

from ...errors import CorvoError
from ...levels.level import VALID_LEVELS
from ..backends.protocol import Backend
from .connect import open_backend
from .options import where_of

# Seconds that a person who presses TAB waits at most.
_PATIENCE = 2.0
_MOST = 1000
_KINDS = ("profile", "goroutine", "heap", "allocs", "block", "mutex", "threadcreate", "cmdline", "trace")


def levels(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Levels that begin like ``incomplete``, in any case."""
    return _starting(VALID_LEVELS, incomplete)


def kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Kinds of profiles; the agent may have others."""
    return _starting(_KINDS, incomplete)


def modules(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of modules that begin like ``incomplete``, but for those that are named already."""
    named = ctx.params.get(param.name or "")
    taken = named if isinstance(named, tuple) else ()
    found = _asked(ctx, lambda backend: backend.modules.names(incomplete, _MOST))
    return [name for name in found if name not in taken]


def variables(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Published variables of the module that is named before."""
    name = ctx.params.get("name") or ""

    async def published(backend: Backend) -> Sequence[str]:
        async with backend.agent(name) as client:
            return sorted(await client.stats(timeout=_PATIENCE))

    return _starting(_asked(ctx, published), incomplete)


def labels(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """``KEY=VALUE`` of the labels that modules have; behind a comma, too."""

    async def given(backend: Backend) -> Sequence[str]:
        found = await backend.modules.list()
        return sorted({f"{key}={value}" for module in found.modules for key, value in module.meta.labels.items()})

    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{pair}" for pair in _starting(_asked(ctx, given), last)]


def _asked(ctx: click.Context, ask: Callable[[Backend], Awaitable[Sequence[str]]]) -> Sequence[str]:
    """What ``ask`` finds; nothing when it cannot be found out in time."""

    async def found() -> Sequence[str]:
        async with asyncio.timeout(_PATIENCE), open_backend(where_of(ctx)) as backend:
            return await ask(backend)

    try:
        return asyncio.run(found())
    except (CorvoError, TimeoutError, click.UsageError):
        return []


def _starting(words: Sequence[str], incomplete: str) -> list[str]:
    return [word for word in words if word.lower().startswith(incomplete.lower())]
