"""``corvo history``: who changed what of a module, and when."""

from __future__ import annotations

import click
import orjson

from ....modules.history.entry import CREATE, DELETE, LEVEL, OVERRIDE, OVERRIDE_END, HistoryEntry, entry_to_dict
from ....timestamps import format_millis, format_rfc3339
from ...help import HelpCommand
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import format_option, print_result
from ...where.complete import modules
from ...where.connect import open_backend
from ...where.names import whole_name
from ...where.options import module_options

_HEADERS = ("TIME", "CHANGE", "WHO", "UNTIL", "REASON")
_WORDS = {LEVEL: "log-level", OVERRIDE: "level", OVERRIDE_END: "level ended", CREATE: "created", DELETE: "deleted"}


@click.command("history", cls=HelpCommand, short_help="Show who changed what of a module.")
@click.argument("name", shell_complete=modules)
@format_option
@module_options
@asynchronous
async def command(name: str, output: str | None, where: Where) -> None:
    """Show the last 50 changes of the module NAME, newest first: levels, labels and the like, who changed them by which
    way, until when, and why. They are kept in etcd, a week longer than the module itself.

    What etcdctl or corvo --etcd changed was seen by an agent or a gateway, and who did it etcd does not know: then
    there is a name in parentheses, the one that the change gave itself, or none.

    \b
    corvo history node1-pen-npm
    corvo history node1-pen-npm -o json
    """
    async with open_backend(where) as backend:
        found = await backend.modules.history(await whole_name(backend, name))
    print_result(output, [entry_to_dict(each) for each in found], _HEADERS, map(_row, found))


def _row(entry: HistoryEntry) -> tuple[str, ...]:
    until = format_rfc3339(entry.until // 10**9 * 10**9)
    return format_millis(entry.time), _change(entry), _who(entry), until, entry.reason


def _change(entry: HistoryEntry) -> str:
    what = _WORDS.get(entry.what, entry.what) + (f" of {entry.logger}" if entry.logger else "")
    if entry.change:
        return f"{what} {orjson.dumps(entry.change).decode()}"
    if entry.what in (LEVEL, OVERRIDE, OVERRIDE_END):
        return f"{what} {entry.level_from or 'none'} → {entry.level_to or 'none'}"
    return f"{what} {entry.level_to}".rstrip()


def _who(entry: HistoryEntry) -> str:
    said = f"({entry.by})" if entry.by and entry.by != entry.who else ""
    way = "etcd" if entry.seen else f"via {entry.gateway}" if entry.gateway else ""
    return " ".join(part for part in (entry.who, said, way) if part)
