"""The options that say where to look, and which of several places counts."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from ...settings.etcd import EtcdSettings
from ...settings.program import Gathered, Source
from ...settings.setting import variable_of
from ..settings.contexts import read_contexts
from ..settings.options import Told, with_earlier, with_options
from ..settings.where import WHERE, Where

F = TypeVar("F", bound=Callable[..., Any])

# In the order in which they count where one and the same source (the environment, a file) names several.
_PLACES = ("gateway", "etcd", "address")


def module_options(command: F) -> F:
    """Adds the options that lead to Module objects; the command gets them as ``where``.

    An agent has no Module objects: on the command line ``--address`` is a mistake that is answered as such, elsewhere
    it is meant for other commands.
    """
    return _with_where(command, weak="address")


def agent_options(command: F) -> F:
    """Adds the options that lead to agents, however; the command gets them as ``where``."""
    return _with_where(command)


def where_of(context: click.Context, weak: str = "") -> Where:
    """What the options of ``context``, the environment and the file, see ``contexts``, say of where to look.

    ``weak`` counts before other places only on the command line. Blocks on the disk. Raises click.UsageError for two
    places on the command line, and ConfigError for a setting that is wrong.
    """
    gathered = _gathered(Told(WHERE, with_earlier(context, WHERE.settings, context.params)))
    chosen = _chosen_place(gathered, weak)
    where, etcd = gathered.section(Where), gathered.section(EtcdSettings)
    return replace(
        where,
        gateway=where.gateway if chosen == "gateway" else "",
        address=where.address if chosen == "address" else "",
        etcd=etcd if chosen == "etcd" else replace(etcd, urls=()),
    )


def _gathered(told: Told) -> Gathered:
    """What was told; where no file is named, the person's own counts, with the context that was chosen."""
    name = told.line("context") or os.environ.get(variable_of("context"), "")
    if told.path:
        if name:
            raise click.UsageError("--config and --context are two places that say where to look: name one")
        return told.gather()
    contexts = read_contexts()
    return told.gather(contexts.settings(name), str(contexts.path))


def _chosen_place(gathered: Gathered, weak: str) -> str:
    """Which of the places counts: the command line's, else the environment's, else the file's; "" without any."""
    given = [place for place in _PLACES if gathered.value(place)]
    for source in (Source.LINE, Source.ENVIRONMENT, Source.FILE):
        named = [place for place in given if gathered.source(place) is source]
        if source is Source.LINE and len(named) > 1:
            raise click.UsageError(f"--{named[0]} and --{named[1]} are two places to look: name one")
        named = [place for place in named if place != weak or source is Source.LINE]
        if named:
            return named[0]
    return weak if weak in given else ""


def _with_where(command: F, weak: str = "") -> F:
    @functools.wraps(command)
    def looking(*arguments: Any, **given: Any) -> Any:
        where = where_of(click.get_current_context(), weak)
        for each in (*(setting.option.replace("-", "_") for setting in WHERE.settings), "config"):
            given.pop(each, None)
        return command(*arguments, where=where, **given)

    found: F = with_options(looking, WHERE.settings, hidden=(weak,))
    return found
