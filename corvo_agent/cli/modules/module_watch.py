"""``corvo modules watch``: modules as they change, one per line."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing

import click

from ...modules.access import ModuleAccess, ModuleEvent, Selector
from ...modules.controls.rule import effective_state
from ...modules.json.codec import module_to_dict
from ..help import HelpCommand
from ..running import asynchronous
from ..settings.where import Where
from ..show.output import format_option, json_text, note, visible, yaml_text
from ..where.chosen import Chosen, choose_modules
from ..where.connect import open_backend
from ..where.options import module_options


@click.command("watch", cls=HelpCommand)
@choose_modules("[NAME]...", optional=True)
@format_option
@module_options
@asynchronous
async def watch_modules(chosen: Chosen, output: str | None, where: Where) -> None:
    """Show modules as they change: all of them, NAME..., or those that the selectors choose; until Ctrl-C.

    It begins with those that are there. JSON is one object per line, YAML one document per module.
    """
    async with open_backend(where) as backend:
        selector = named(await chosen.names(backend)) if chosen.words else chosen.selector
        await show_changes(backend.modules, selector, output)


def named(names: Sequence[str]) -> Selector:
    """What selects the modules ``names``."""
    return Selector(names[0]) if len(names) == 1 else Selector(fields=f"meta.name in ({','.join(names)})")


async def show_changes(access: ModuleAccess, selector: Selector, output: str | None) -> None:
    """Print what is there and every change, until cancelled."""
    async with aclosing(access.watch(selector)) as events:
        async for event in events:
            show_change(event, output)


def show_change(event: ModuleEvent, output: str | None) -> None:
    """Print one change, as ``output`` says. What cannot be read is a word on stderr."""
    module = event.module
    if event.error is not None:
        note(f"corvo: {event.error}")
        return
    if output in ("json", "yaml"):
        value = {"type": event.type.value, "object": module_to_dict(module)}
        click.echo(json_text(value) if output == "json" else yaml_text(value, document=True).rstrip("\n"))
        return
    if module.invalid:
        note(f"corvo: {module.name} is invalid: {module.invalid}")
    level = "invalid" if module.invalid else effective_state(module.spec, time.time_ns()).level_text
    click.echo(visible(f"{event.type.value:8} {module.name} {level} revision {module.revision}"))
