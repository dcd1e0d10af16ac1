"""``corvo history``: who changed what of a module, and when."""

from __future__ import annotations

import click
import orjson

from ....modules.history.entry import CREATE, DELETE, LEVEL, OVERRIDE, OVERRIDE_END, HistoryEntry, entry_to_dict
from ....timestamps import format_millis, format_rfc3339
from ...failures import Failures
from ...help import HelpCommand
from ...many import for_each
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import format_option, print_result
from ...where.chosen import Chosen, choose_modules
from ...where.connect import open_backend
from ...where.options import module_options

_HEADERS = ("TIME", "CHANGE", "WHO", "UNTIL", "REASON")
_WORDS = {LEVEL: "log-level", OVERRIDE: "level", OVERRIDE_END: "level ended", CREATE: "created", DELETE: "deleted"}


@click.command("history", cls=HelpCommand, short_help="Show who changed what of a module.")
@choose_modules()
@format_option
@module_options
@asynchronous
async def command(chosen: Chosen, output: str | None, where: Where) -> int:
    """Show the last 50 changes of each of the modules NAME..., newest first: levels, labels and the like, who changed
    them by which way, until when, and why. They are kept in etcd, a week longer than the module itself.

    What etcdctl or corvo --etcd changed was seen by an agent or a gateway, and who did it etcd does not know: then
    there is a name in parentheses, the one that the change gave itself, or none.

    \b
    corvo history node1-pen-npm
    corvo history node1-pen-npm -o json
    corvo history -l team=network             of several, merged by time
    """
    several = chosen.several
    failures = Failures(named=several)
    async with open_backend(where) as backend:
        found = await for_each(await chosen.names(backend), backend.modules.history, failures, "history")
    entries = [(name, entry) for name, each in found.items() for entry in each]
    entries.sort(key=lambda each: -each[1].time)
    headers = ("MODULE", *_HEADERS) if several else _HEADERS
    rows = [(*((name,) if several else ()), *_row(entry)) for name, entry in entries]
    if found:
        print_result(output, [entry_to_dict(entry) for _, entry in entries], headers, rows)
    return failures.code


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
