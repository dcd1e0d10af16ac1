"""``corvo bundle``: everything about some modules in one file, for a support case."""

from __future__ import annotations

import time
from pathlib import Path

import click

from ....bundle.parts import Asked
from ...bundling import SUFFIX, write_bundle
from ...failures import say
from ...help import HelpCommand, RareOption
from ...running import asynchronous
from ...settings.duration import Duration
from ...settings.where import DEFAULT_GATEWAY, Where
from ...show.counted import counted
from ...show.output import note
from ...where.chosen import Chosen, choose_modules
from ...where.complete import kinds
from ...where.connect import open_backend
from ...where.options import agent_options


@click.command("bundle", cls=HelpCommand, short_help="Collect everything about modules in one file.")
@choose_modules()
@click.option("-o", "path", metavar="FILE", help="Where to put it; corvo-bundle-TIME.tar.gz unless given.")
@click.option(
    *("-n", "--lines"), type=click.IntRange(min=1), default=1000, show_default=True, help="Newest log lines of each."
)
@click.option("--since", default="", help="Log lines not older than that: a time (RFC 3339) or a duration such as 1h.")
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="KIND",
    shell_complete=kinds,
    help="Kinds of profiles beside threads and tasks and the processor; may be given several times.  [default: heap]",
)
@click.option(
    "--cpu",
    "cpu_seconds",
    type=Duration(),
    default="5s",
    show_default=True,
    metavar="DURATION",
    help="How long to watch the processor; 0 for not at all.",
)
@click.option(
    "--max-size",
    cls=RareOption,
    type=click.IntRange(min=1),
    default=256,
    show_default=True,
    metavar="MB",
    help="Most data in it.",
)
@click.option(
    "--max-time",
    cls=RareOption,
    type=Duration(0.001),
    default="5m",
    show_default=True,
    metavar="DURATION",
    help="What is not there by then is left out.",
)
@agent_options
@asynchronous
async def command(
    chosen: Chosen,
    path: str | None,
    max_size: int,
    max_time: float,
    where: Where,
    lines: int,
    since: str,
    profiles: tuple[str, ...],
    cpu_seconds: float,
) -> int:
    """Put into one file what there is about the modules NAME..., or those that selectors choose: for a support case.

    Of each: the Module object, statistics, log lines, threads and tasks, profiles. Secrets are masked as far as names
    and shapes give them away; look before you give it away. manifest.json tells what was asked and what is missing.
    One that does not answer holds up no other; then the file is written all the same, and the exit code is 1.

    \b
    corvo bundle node1-pen-npm -o case-17.tar.gz
    corvo bundle -l team=network --since 1h -n 20000 --cpu 20
    corvo bundle node1-pen-npm node2-pen-npm --profile heap --profile mutex
    """
    file = Path(path or time.strftime(f"corvo-bundle-%Y%m%dT%H%M%SZ{SUFFIX}", time.gmtime()))
    asked = Asked(lines, since, profiles or Asked().profiles, cpu_seconds)
    async with open_backend(where) as backend:
        names = tuple(await chosen.names(backend))
        told = {
            "labels": chosen.labels,
            "fields": chosen.fields,
            "timeout": where.timeout,
            "max-size": max_size,
            "max-time": max_time,
        }
        manifest, files, size = await write_bundle(
            backend, names, asked, file, max_megabytes=max_size, seconds=max_time, told={**told, **_place(where)}
        )
    missing = manifest.missing
    for (name, reason), lost in missing.items():
        say(f"{name}: without {', '.join(lost)}: {reason}")
    lacking = sum(map(len, missing.values()))
    what = f"{counted(files, 'file')} of {counted(len(names), 'module')}"
    note(f"{file}: {what}, {size} bytes, {lacking} missing")
    return 1 if missing else 0


def _place(where: Where) -> dict[str, str]:
    """Where it was looked."""
    if where.address:
        return {"address": where.address}
    if where.etcd.urls:
        return {"etcd": ",".join(where.etcd.urls)}
    return {"gateway": where.gateway or DEFAULT_GATEWAY}
