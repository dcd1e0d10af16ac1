"""Asks the agents of one or several modules the same, and shows whose answer is whose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from .backends.protocol import Backend
from .failures import Failures
from .many import for_each
from .settings.where import Where
from .show.output import note
from .where.chosen import Chosen
from .where.connect import open_backend

if TYPE_CHECKING:
    from ..diagnostics.client.typed_client import TypedClient

T = TypeVar("T")


async def ask_chosen(
    where: Where, chosen: Chosen, ask: Callable[[TypedClient, str], Awaitable[T]], text: str
) -> tuple[dict[str, T], int]:
    """What ``ask`` finds at the agent of each module that is ``chosen``, and the exit code; see ``ask_agents``."""
    async with open_backend(where) as backend:
        return await ask_agents(backend, await chosen.names(backend), ask, text, several=chosen.several)


async def ask_agents(
    backend: Backend,
    names: Sequence[str],
    ask: Callable[[TypedClient, str], Awaitable[T]],
    text: str,
    *,
    several: bool,
) -> tuple[dict[str, T], int]:
    """What ``ask`` finds at the agent of each of ``names``, by name and in their order, and the exit code.

    Of ``several``, one that fails is told on stderr and keeps no other; of one, what it raises is raised. On a terminal
    a bar with ``text`` shows how many have answered.
    """

    async def one(name: str) -> T:
        async with backend.agent(name) as client:
            return await ask(client, name)

    if not several:
        return {names[0]: await one(names[0])}, 0
    failures = Failures(named=True)
    return await for_each(names, one, failures, text), failures.code


def heading(name: str, *, several: bool, first: bool) -> None:
    """Whose text follows, where there are ``several``."""
    if several:
        click.echo(f"{'' if first else chr(10)}{name}:")


def tell(text: str, name: str, *, several: bool) -> None:
    """``text`` on stderr, with whose it is where there are ``several``."""
    note(f"{name}: {text}" if several else text)
