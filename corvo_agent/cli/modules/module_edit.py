"""``corvo modules edit``: a Module in the person's editor, checked, and stored unless it was changed meanwhile."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from ...errors import CorvoError, VersionConflict
from ...modules.model import Module
from ..failures import say
from ..help import HelpCommand
from ..running import quiet_at_broken_pipe
from ..settings.where import Where
from ..show.output import note
from ..where.complete import modules
from ..where.connect import open_backend
from ..where.names import whole_name
from ..where.options import module_options
from .draft import Draft, difference_lines


@click.command("edit", cls=HelpCommand)
@click.argument("name", shell_complete=modules)
@click.option("--from", "source", metavar="FILE", help="Begin with what is in FILE, such as a draft that was kept.")
@module_options
@quiet_at_broken_pipe
def edit_module(name: str, source: str | None, where: Where) -> None:
    """Edit spec and labels of the module NAME in your editor ($VISUAL, $EDITOR), as YAML. One at a time: a draft is of
    one object; corvo modules label and corvo level change several.

    What you save is checked first; with a mistake in it, or when the module was changed meanwhile, the editor opens
    again with what you typed. What cannot be stored stays in a file, whose name is printed. What agents write into the
    status meanwhile is no conflict.
    """
    original = asyncio.run(_read(where, name))
    name = original.name
    text = None if source is None else Path(source).read_text(encoding="utf-8")
    draft = Draft(original, text)
    try:
        stored = _edit(where, draft)
    except BaseException:
        if draft.has_changes:
            say(f"what you typed is kept in {draft.path}: corvo modules edit {name} --from {draft.path}")
        else:
            draft.discard()
        raise
    draft.discard()
    if stored is None:
        note(f"nothing changed in {name}")
    else:
        note(f"{name} is stored at resource version {stored.revision}")


def _edit(where: Where, draft: Draft) -> Module | None:
    """The Module as it is stored then, None when the person changed nothing."""
    while True:
        click.edit(filename=str(draft.path))
        try:
            edited = draft.read()
            if edited is None:
                return None
            return asyncio.run(_store(where, draft.original, edited))
        except VersionConflict as conflict:
            newest = asyncio.run(_read(where, draft.original.name))
            changes = difference_lines(draft.original, newest)
            draft.rebase(newest)
            _ask_again(conflict, changes)
        except CorvoError as error:
            draft.complain(str(error))
            _ask_again(error, [])


def _ask_again(error: CorvoError, changes: list[str]) -> None:
    """Tell why it was not stored, and what has changed; raises click's Exit when it is not to be tried again."""
    say("\n".join([f"not stored: {error}", *(f"  {line}" for line in changes)]))
    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if not (terminal and click.confirm("Edit it again?", default=True, err=True)):
        raise click.exceptions.Exit(error.exit_code)


async def _read(where: Where, name: str) -> Module:
    async with open_backend(where) as backend:
        # Not ``get``, which may be a moment old: a draft of that would be in conflict from its beginning.
        return await backend.modules.modify(await whole_name(backend, name), lambda module: module)


async def _store(where: Where, original: Module, edited: Module) -> Module:
    def change(current: Module) -> Module:
        if (current.spec, current.meta.labels) != (original.spec, original.meta.labels):
            raise VersionConflict(f"module {original.name}", original.revision, current.revision)
        raw = {key: value for key, value in current.raw.items() if key != "spec"}
        if "spec" in edited.raw:
            raw["spec"] = edited.raw["spec"]
        changed = current.with_meta(labels=edited.meta.labels)
        # What a person may not edit stays, readable or not.
        unread = {name: found for name, found in current.unread.items() if name == "status"}
        invalid = current.invalid
        kind, version = current.kind, current.api_version
        return Module(changed.meta, edited.spec, current.status, kind, version, raw, invalid, unread)

    async with open_backend(where) as backend:
        return await backend.modules.modify(original.name, change)
