"""``corvo modules``: the Module objects."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import takewhile

import click

from ....errors import InvalidArgument
from ....levels.level import Level
from ....levels.state import LevelSource
from ....modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta
from ....modules.module_level import ModuleLevel
from ....modules.names import validate_name
from ....modules.selectors.labels import check_label
from ....modules.vanished import DELETION_NOTE
from ....timestamps import format_rfc3339
from ...confirm import confirm, yes_option
from ...failures import Failures
from ...help import HelpGroup
from ...many import for_each
from ...modules.module_edit import edit_module
from ...modules.module_watch import named, show_changes, watch_modules
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import format_option, note, print_result
from ...where.chosen import Chosen, choose_modules
from ...where.complete import levels
from ...where.connect import open_backend
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
@choose_modules()
@_watch_option
@format_option
@module_options
@asynchronous
async def get_module(chosen: Chosen, watch: bool, output: str | None, where: Where) -> int:
    """Show the modules NAME..., or those that the selectors choose; several as a list."""
    several = chosen.several
    failures = Failures(named=several)
    async with open_backend(where) as backend:
        names = await chosen.names(backend)
        if watch:
            await show_changes(backend.modules, named(names), output)
            return 0
        found = await for_each(names, backend.modules.level, failures, "modules")
    shown = [level.as_json() for level in found.values()]
    rows = [(name, *row) for name, value in zip(found, shown, strict=True) for row in _leaves("", value)]
    if several:
        print_result(output, shown, ("MODULE", "FIELD", "VALUE"), rows)
    elif shown:
        print_result(output, shown[0], ("FIELD", "VALUE"), [row[1:] for row in rows])
    return failures.code


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
@choose_modules()
@yes_option
@module_options
@asynchronous
async def delete_modules(chosen: Chosen, yes: bool, where: Where) -> int:
    """Delete the modules NAME..., or those that the selectors choose; asks before it deletes more than one.

    What still runs is written again within 10 s, without a level, by its agent or its writer.
    """
    async with open_backend(where) as backend:
        names = await chosen.names(backend)
        confirm("Delete", names, yes=yes)
        failures = Failures(named=False)
        deleted = await for_each(names, backend.modules.delete, failures, "deleting")
        for name in deleted:
            note(f"{name} is deleted")
        if deleted:
            note(DELETION_NOTE)
    return failures.code


@command.command("label")
@choose_modules("NAME... KEY=VALUE|KEY-...", behind=True)
@yes_option
@module_options
@asynchronous
async def label_module(chosen: Chosen, yes: bool, where: Where) -> int:
    """Set labels of the modules NAME..., or of those that the selectors choose; KEY- takes one away.

    \b
    corvo modules label node1-pen-npm team=network tier-
    corvo modules label -l team=network tier=2
    """
    # No name has an equals sign in it, or a hyphen at its end.
    words = () if chosen.by_selector else tuple(takewhile(lambda word: not _is_label(word), chosen.words))
    given = chosen.words[len(words) :]
    chosen = replace(chosen, words=words)
    if not (words or chosen.by_selector):
        raise click.UsageError("name modules, or select them with -l, --field-selector or -A")
    if not given:
        raise click.UsageError("give KEY=VALUE to set a label, or KEY- to take it away")
    changes = dict(map(_label, given))
    async with open_backend(where) as backend:
        access = backend.modules
        names = await chosen.names(backend)
        confirm("Label", names, yes=yes)
        failures = Failures(named=chosen.several)
        changed = await for_each(
            names, partial(access.modify, change=partial(_relabel, changes)), failures, "labelling"
        )
    for name, module in changed.items():
        shown = " ".join(f"{key}={value}" for key, value in sorted(module.meta.labels.items()))
        click.echo(f"{name}: {shown}" if chosen.several else shown)
    return failures.code


def _is_label(word: str) -> bool:
    return "=" in word or word.endswith("-")


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
        # No selector could ever find it; one that is there already can be taken away.
        check_label(key, value)
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
