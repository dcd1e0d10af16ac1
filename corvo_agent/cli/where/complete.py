"""What shells offer for arguments: levels, kinds of profiles, and what a gateway, etcd or an agent is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import click

from ...errors import CorvoError
from ...levels.level import VALID_LEVELS
from ..backends.protocol import Backend
from ..settings.where import Where
from .connect import open_backend
from .options import where_of

# Seconds that the shell, and the person who pressed TAB, wait for an answer.
_PATIENCE = 2.0
# Names that are asked for; a longer list is of no use in a shell.
_MOST = 1000
#: Kinds of profiles that our agents have.
KINDS = ("profile", "goroutine", "heap", "allocs", "block", "mutex", "threadcreate", "cmdline", "trace")
#: Other names of kinds, for those who do not know Go's.
KIND_ALIASES = {"cpu": "profile", "tasks": "goroutine", "memory": "heap", "locks": "mutex"}
_PARAMETERS = (
    "children=yes",
    *("mode=cpu", "mode=wall", "mode=gil", "engine=py-spy", "engine=builtin", "hz=", "budget="),
    *("engine=tracemalloc", "engine=memray", "frames=", "base=", "debug=", "gc=", "seconds="),
)


def levels(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Levels that begin like ``incomplete``, in any case."""
    return _starting(VALID_LEVELS, incomplete)


def kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Kinds of profiles; the agent may have others."""
    return _starting((*KINDS, *KIND_ALIASES), incomplete)


def modules(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of modules that begin like ``incomplete``, without those that are on the line already."""
    named = ctx.params.get(param.name or "")
    taken = named if isinstance(named, tuple) else ()
    found = _asked(ctx, lambda backend: backend.modules.names(incomplete, _MOST))
    return [name for name in found if name not in taken]


def variables(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Modules, and behind the first one what it publishes, too."""
    words = ctx.params.get(param.name or "") or ()
    if not words:
        return modules(ctx, param, incomplete)

    async def published(backend: Backend) -> Sequence[str]:
        async with backend.agent(words[0]) as client:
            return sorted(await client.stats(timeout=_PATIENCE))

    return [*_starting(_asked(ctx, published), incomplete), *modules(ctx, param, incomplete)]


def profile_words(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Modules, behind the first one kinds of profiles, and behind a kind its parameters."""
    words = ctx.params.get(param.name or "") or ()
    if (words and words[-1].lower() in (*KINDS, *KIND_ALIASES)) or any("=" in word for word in words):
        return _starting(_PARAMETERS, incomplete)
    return [*(kinds(ctx, param, incomplete) if words else ()), *modules(ctx, param, incomplete)]


def level_words(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Modules, and behind the first one levels."""
    words = ctx.params.get(param.name or "") or ()
    return [*(levels(ctx, param, incomplete) if words else ()), *modules(ctx, param, incomplete)]


def labels(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """``KEY=VALUE`` of the labels that modules have; behind a comma, too."""

    async def given(backend: Backend) -> Sequence[str]:
        found = await backend.modules.list()
        return sorted({f"{key}={value}" for module in found.modules for key, value in module.meta.labels.items()})

    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{pair}" for pair in _starting(_asked(ctx, given), last)]


def _asked(ctx: click.Context, ask: Callable[[Backend], Awaitable[Sequence[str]]]) -> Sequence[str]:
    """What ``ask`` finds; nothing when it fails or takes too long: a shell has no place for an error."""
    import asyncio

    async def found(where: Where) -> Sequence[str]:
        async with open_backend(where) as backend:
            # Counted from here: what is imported before takes seconds on a busy machine, and asks no other one.
            async with asyncio.timeout(_PATIENCE):
                return await ask(backend)

    try:
        return asyncio.run(found(where_of(ctx)))
    except (CorvoError, TimeoutError, click.UsageError):
        return []


def _starting(words: Sequence[str], incomplete: str) -> list[str]:
    return [word for word in words if word.lower().startswith(incomplete.lower())]
