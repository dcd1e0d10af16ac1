"""What shells may offer for arguments: levels, kinds of profiles, and the modules that are there."""

from __future__ import annotations

import asyncio

import click

from ..errors import CorvoError
from ..levels import VALID_LEVELS
from ..modules.names import MODULES_PREFIX
from .target import Target, open_store

# Whoever presses TAB waits for it (seconds).
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
    """Names of modules that begin like ``incomplete``; none when etcd is not told or not there."""
    given = {name: value for name, value in ctx.params.items() if name in Target.__dataclass_fields__ and value}
    try:
        return asyncio.run(_modules(Target(**given), incomplete))
    except (CorvoError, TimeoutError):
        return []


async def _modules(target: Target, incomplete: str) -> list[str]:
    async with asyncio.timeout(_PATIENCE), open_store(target) as store:
        found = await store.kv.range(MODULES_PREFIX + incomplete, limit=_MOST, keys_only=True)
    return [item.key.removeprefix(MODULES_PREFIX) for item in found.items]


def _starting(words: tuple[str, ...], incomplete: str) -> list[str]:
    return [word for word in words if word.lower().startswith(incomplete.lower())]
