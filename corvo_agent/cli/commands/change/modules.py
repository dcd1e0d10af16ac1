"""``corvo modules``: the Module objects."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial

import click

from ....errors import InvalidArgument
from ....levels.level import Level
from ....levels.state import LevelSource
from ....modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta
from ....modules.module_level import ModuleLevel
from ....modules.names import validate_name
from ....modules.vanished import DELETION_NOTE
from ....timestamps import format_rfc3339
from ...confirm import confirm, yes_option
from ...failures import Failures
from ...help import HelpGroup
from ...many import for_each, selected
from ...modules.module_edit import edit_module
from ...modules.module_watch import show_changes, watch_modules
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import format_option, note, print_result
from ...where.complete import levels, modules
from ...where.connect import open_backend
from ...where.names import whole_name, whole_names
from ...where.options import module_options
from ...where.selectors import selector_of, selector_options

_watch_option = click.option("-w", "--watch", is_flag=True, help="Go on with changes as they come, until Ctrl-C.")


@click.group("modules", cls=HelpGroup, short_help="List, show, create, edit, delete and watch Module objects.")
def command() -> None:
    """Module objects: one for each running process or container.

    \b
    corvo modules list -l team=network
    corvo modules get node1-pen-npm -o yaml
    corvo modules create node1-pen-npm --level Info --node node1
    corvo modules edit node1-pen-npm
    corvo modules label node1-pen-npm team=network
    corvo modules delete --field-selector status.node=node7
    corvo modules watch
    """


command.add_command(watch_modules)
command.add_command(edit_module)


@command.command("list")
@selector_options
@_watch_option
@format_option
@module_options
@asynchronous
async def list_modules(labels: str, fields: str, watch: bool, output: str | None, where: Where) -> None:
    """List modules: all of them, or those that the selectors choose. A level with * is an override, which ends.

    Where the agent says that another level is in force, that one stands behind it.

    \b
    corvo modules list -l team=network,tier!=1
    corvo modules list --field-selector 'spec.log-level=Debug,status.restart-count>3'
    """
    async with open_backend(where) as backend:
        if watch:
            await show_changes(backend.modules, selector_of(labels, fields), output)
            return
        found = await backend.modules.levels(selector_of(labels, fields))
    for level in found:
        if level.module.invalid:
            note(f"corvo: {level.module.name} is invalid: {level.module.invalid}")
    headers = ("NAME", "LEVEL", "NODE", "CATEGORY", "RESTARTS", "STARTED")
    print_result(output, [level.as_json() for level in found], headers, map(_row, found))


@command.command("get")
@click.argument("name", shell_complete=modules)
@_watch_option
@format_option
@module_options
@asynchronous
async def get_module(name: str, watch: bool, output: str | None, where: Where) -> None:
    """Show the module NAME."""
    async with open_backend(where) as backend:
        if watch:
            await show_changes(backend.modules, selector_of("", "", await whole_name(backend, name)), output)
            return
        shown = (await backend.modules.level(await whole_name(backend, name))).as_json()
    print_result(output, shown, ("FIELD", "VALUE"), _leaves("", shown))


@command.command("create")
@click.argument("name")
@click.option("--level", default="", shell_complete=levels, help="Its log level; as configured unless given.")
@click.option("--node", default="", help="Its node.")
@click.option("--module", default="", help="Its name without the node.")
@click.option("--category", default="Venice", show_default=True, help="Its category.")
@module_options
@asynchronous
async def create_module(name: str, level: str, node: str, module: str, category: str, where: Where) -> None:
    """Create the module NAME."""
    if level:
        Level.parse(level, "--level")
    validate_name(name, "NAME")
    wanted = Module(ObjectMeta(name=name), ModuleSpec(log_level=level), ModuleStatus(node, module, category))
    async with open_backend(where) as backend:
        created = await backend.modules.create(wanted)
    note(f"{created.name} is created at resource version {created.revision}")


@command.command("delete")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=modules)
@selector_options
@yes_option
@module_options
@asynchronous
async def delete_modules(names: tuple[str, ...], labels: str, fields: str, yes: bool, where: Where) -> int:
    """Delete the modules NAME..., or those that the selectors choose; asks before it deletes more than one.

    What still runs is written again within 10 s, without a level, by its agent or its writer.
    """
    selector = selector_of(labels, fields, " ".join(names))
    chosen = list(dict.fromkeys(names))
    if not chosen and not (labels or fields):
        raise click.UsageError("name modules, or select them with -l, --field-selector or -A")
    async with open_backend(where) as backend:
        access = backend.modules
        chosen = chosen or await selected(access, selector)
        confirm("Delete", chosen, yes=yes)
        failures = Failures(named=False)
        deleted = await for_each(chosen, access.delete, failures, "deleting")
        for name in deleted:
            note(f"{name} is deleted")
        if deleted:
            note(DELETION_NOTE)
    return failures.code


@command.command("label")
@click.argument("words", nargs=-1, required=True, metavar="[NAME] KEY=VALUE|KEY-...", shell_complete=modules)
@selector_options
@yes_option
@module_options
@asynchronous
async def label_module(words: tuple[str, ...], labels: str, fields: str, yes: bool, where: Where) -> int:
    """Set labels of the module NAME, or of those that the selectors choose; KEY- takes one away.

    \b
    corvo modules label node1-pen-npm team=network tier-
    corvo modules label -l team=network tier=2
    """
    by_selector = bool(labels or fields)
    given = words if by_selector else words[1:]
    if not given:
        raise click.UsageError("give KEY=VALUE to set a label, or KEY- to take it away")
    changes = dict(map(_label, given))
    async with open_backend(where) as backend:
        access = backend.modules
        names = (
            await selected(access, selector_of(labels, fields))
            if by_selector
            else await whole_names(backend, words[:1])
        )
        confirm("Label", names, yes=yes)
        failures = Failures(named=len(names) > 1)
        changed = await for_each(
            names, partial(access.modify, change=partial(_relabel, changes)), failures, "labelling"
        )
    for name, module in changed.items():
        shown = " ".join(f"{key}={value}" for key, value in sorted(module.meta.labels.items()))
        click.echo(f"{name}: {shown}" if by_selector else shown)
    return failures.code


def _relabel(changes: dict[str, str | None], module: Module) -> Module:
    merged = {**module.meta.labels, **changes}
    return module.with_meta(labels={key: value for key, value in merged.items() if value is not None})


def _row(level: ModuleLevel) -> tuple[object, ...]:
    module, now = level.module, time.time_ns()
    state = level.wanted(now)
    marked = f"{state.level_text}*" if state.source is LevelSource.OVERRIDE else state.level_text
    if level.applied is not None and not level.holds(now):
        marked = f"{marked} ({level.applied.level or 'unknown'} in force)"
    if module.invalid:
        # Its agent keeps the level that it had, which the object does not say.
        marked = "invalid"
    status = module.status
    return module.name, marked, status.node, status.category, status.restart_count, format_rfc3339(status.last_start)


def _label(text: str) -> tuple[str, str | None]:
    key, equals, value = text.partition("=")
    if equals and key:
        return key, value
    if text.endswith("-") and len(text) > 1:
        return text[:-1], None
    raise InvalidArgument("label", text, "must be KEY=VALUE, or KEY- to take it away")


def _leaves(path: str, value: object) -> Iterable[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}" if path else str(key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(f"{path}[{index}]", item)
    else:
        yield path, str(value)
