"""``corvo modules``: the Module objects in etcd."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

import click

from ..errors import DecodeError, InvalidArgument
from ..levels import Level
from ..modules.codec import decode_module, module_to_dict
from ..modules.kv import Change
from ..modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta, effective_level
from ..modules.names import name_of, self_link_of, validate_name
from ..timestamps import format_rfc3339
from .complete import modules
from .output import format_option, json_text, note, print_json, print_table, visible
from .running import asynchronous
from .target import Target, open_store
from .target_options import store_options


@click.group("modules", short_help="List, show, create, delete and watch Module objects.")
def command() -> None:
    """Module objects: one for each running process or container.

    \b
    corvo modules list
    corvo modules get node1-pen-npm -o json
    corvo modules create node1-pen-npm --level Info --node node1
    corvo modules label node1-pen-npm team=network
    corvo modules watch
    """


@command.command("list")
@format_option
@store_options
@asynchronous
async def list_modules(output: str, target: Target) -> None:
    """List all modules."""
    async with open_store(target) as store:
        found = await store.list()
    for error in found.undecodable:
        note(f"corvo: left out: {error}")
    if output == "json":
        print_json([_shown(module) for module in found.modules])
    else:
        print_table(("NAME", "LEVEL", "NODE", "CATEGORY", "RESTARTS", "STARTED"), map(_row, found.modules))


@command.command("get")
@click.argument("name", shell_complete=modules)
@format_option
@store_options
@asynchronous
async def get_module(name: str, output: str, target: Target) -> None:
    """Show the module NAME."""
    async with open_store(target) as store:
        module = await store.get(name)
    if output == "json":
        print_json(_shown(module))
    else:
        print_table(("FIELD", "VALUE"), _leaves("", _shown(module)))


@command.command("create")
@click.argument("name")
@click.option("--level", default="Info", show_default=True, help="Its log level.")
@click.option("--node", default="", help="Its node.")
@click.option("--module", default="", help="Its name without the node.")
@click.option("--category", default="Venice", show_default=True, help="Its category.")
@store_options
@asynchronous
async def create_module(name: str, level: str, node: str, module: str, category: str, target: Target) -> None:
    """Create the module NAME."""
    Level.parse(level, "--level")
    validate_name(name, "NAME")
    async with open_store(target) as store:
        created = await store.create(
            Module(ObjectMeta(name=name), ModuleSpec(log_level=level), ModuleStatus(node, module, category))
        )
    note(f"{created.name} is created at resource version {created.revision}")


@command.command("delete")
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=modules)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@store_options
@asynchronous
async def delete_modules(names: tuple[str, ...], yes: bool, target: Target) -> None:
    """Delete the modules NAME...; asks before it deletes more than one."""
    if len(names) > 1 and not yes:
        if not sys.stdin.isatty():
            raise InvalidArgument("NAME", None, f"{len(names)} modules would be deleted: give --yes")
        click.confirm(f"Delete {len(names)} modules?", abort=True, err=True)
    async with open_store(target) as store:
        for name in names:
            await store.delete(name)
            note(f"{name} is deleted")


@command.command("label")
@click.argument("name", shell_complete=modules)
@click.argument("labels", nargs=-1, required=True, metavar="KEY=VALUE|KEY-...")
@store_options
@asynchronous
async def label_module(name: str, labels: tuple[str, ...], target: Target) -> None:
    """Set labels of the module NAME; KEY- takes one away."""
    changes = dict(_label(text) for text in labels)

    def changed(module: Module) -> Module:
        merged = {**module.meta.labels, **changes}
        return module.with_meta(labels={key: value for key, value in merged.items() if value is not None})

    async with open_store(target) as store:
        module = await store.modify(name, changed)
    click.echo(" ".join(f"{key}={value}" for key, value in sorted(module.meta.labels.items())))


@command.command("watch")
@click.argument("name", required=False, default="")
@format_option
@store_options
@asynchronous
async def watch_modules(name: str, output: str, target: Target) -> None:
    """Show modules as they change, all of them or NAME, until Ctrl-C."""
    async with open_store(target) as store, store.watch(name) as watch:
        async for batch in watch:
            for change in batch.changes:
                show_change(change, output)


def show_change(change: Change, output: str) -> None:
    """Print one change on one line, as ``output`` says: text or json. What cannot be decoded is a word on stderr."""
    item = change.item
    module = Module(ObjectMeta(name=name_of(change.key), resource_version=str(change.revision)))
    try:
        if item is not None:
            module = decode_module(item.value, item.key, item.mod_revision)
    except DecodeError as error:
        note(f"corvo: {error}")
        return
    if output == "json":
        click.echo(json_text({"type": change.type.value, "object": _shown(module)}))
        return
    level = effective_level(module.spec, time.time_ns()).text
    click.echo(visible(f"{change.type.value:8} {module.name} {level} revision {change.revision}"))


def _shown(module: Module) -> dict[str, object]:
    return module_to_dict(module.with_meta(self_link=self_link_of(module.name)))


def _row(module: Module) -> tuple[object, ...]:
    level = effective_level(module.spec, time.time_ns()).text
    override = module.spec.override
    marked = f"{level}*" if override is not None and override.active(time.time_ns()) else level
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
