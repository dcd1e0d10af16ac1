"""``corvo writer``: keeps Module objects in step with what runs; of several that do the same, one leads."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from ....errors import ConfigError
from ....writer.election import Election
from ....writer.source import ModuleSource
from ....writer.writer import LINGER, ModuleWriter
from ...running import asynchronous
from ...show.output import note, visible
from ...signals import run_until_signal
from ...where.connect import Where, open_store
from ...where.options import store_options

#: Writers that keep the same objects meet below this key, and one of them leads.
LEADER_PREFIX = "/corvo/v1/leader/writer/"
_VALID = ("kubernetes", "systemd", "file:PATH")


@dataclass(frozen=True, slots=True)
class _SourceOptions:
    """What the options say of the sources."""

    namespace: str
    pod_selector: str
    kubeconfig: str | None
    context: str | None
    units: tuple[str, ...]
    node: str
    bus: str


@click.command("writer", short_help="Keep Module objects in step with what runs.")
@click.option(
    "--source",
    "sources",
    multiple=True,
    required=True,
    metavar="kubernetes|systemd|file:PATH",
    help="Who knows what runs; may be given several times.",
)
@click.option("--namespace", default="default", show_default=True, help="Namespace of the pods.")
@click.option("--pod-selector", default="", metavar="SELECTOR", help="Labels of the pods.")
@click.option(
    "--kubeconfig", metavar="FILE", help="The cluster; the pod's own account or the user's kubeconfig unless given."
)
@click.option("--context", metavar="NAME", help="Context of the kubeconfig; its current one unless given.")
@click.option("--unit", "units", multiple=True, metavar="PATTERN", help="Services of systemd, such as 'pen-*.service'.")
@click.option("--node", default=socket.gethostname, show_default="host name", help="Node that the services run on.")
@click.option("--bus", default="", metavar="ADDRESS", help="D-Bus that systemd is on; the system's unless given.")
@click.option(
    "--group",
    default="",
    metavar="NAME",
    help="Tells these objects from those of other writers with sources of the same name.",
)
@click.option(
    "--linger",
    type=click.FloatRange(min=0),
    default=LINGER,
    show_default=True,
    metavar="SECONDS",
    help="How long an object that people have set something in outlives what it stands for.",
)
@click.option(
    "--queue", type=click.IntRange(min=1), default=1000, show_default=True, help="Most modules that wait to be written."
)
@click.option(
    "--attempts", type=click.IntRange(min=1), default=30, show_default=True, help="How often a write is tried."
)
@click.option("--once", is_flag=True, help="Write what there is now and end; exit 1 when some could not be written.")
@store_options
@asynchronous
async def command(
    sources: tuple[str, ...],
    group: str,
    linger: float,
    queue: int,
    attempts: int,
    once: bool,
    where: Where,
    **given: object,
) -> int:
    """Create, update and delete Module objects as the sources tell, touching nothing that people set.

    Any number may run; of those with the same sources one leads, and another takes over when it goes.

    \b
    corvo writer --source kubernetes --namespace default
    corvo writer --source systemd --unit 'pen-*.service'
    corvo writer --source file:modules.toml
    corvo writer --source file:modules.toml --once
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    options = _SourceOptions(**given)  # type: ignore[arg-type]
    found = [await _source(text, options) for text in sources]
    async with open_store(where) as store:
        writer = ModuleWriter(store, found, group=group, queue_size=queue, attempts=attempts, linger=linger)
        if once:
            await writer.run_once()
        else:
            election = Election(store.kv, LEADER_PREFIX + writer.identity, f"{socket.gethostname()}:{os.getpid()}")
            await run_until_signal(election.run(writer.run))
    return _report(writer, once)


def _report(writer: ModuleWriter, once: bool) -> int:
    """What it has done, and what it could not do. A program that stays was told to end: that is no failure."""
    statistics = writer.statistics()
    note(str(statistics))
    for name, reason in statistics.failed:
        note(f"not written: {visible(name)}: {reason}")
    return 1 if once and statistics.failed else 0


async def _source(text: str, options: _SourceOptions) -> ModuleSource:
    kind, _, rest = text.partition(":")
    if kind == "file" and rest:
        from ....writer.inventory import InventorySource

        return InventorySource(Path(rest))
    if text == "kubernetes":
        return await _kubernetes(options)
    if text == "systemd":
        return _systemd(options)
    raise ConfigError("source", text, "unknown source", _VALID)


async def _kubernetes(options: _SourceOptions) -> ModuleSource:
    try:
        from ....writer.kubernetes import KubernetesSource, load_configuration
    except ImportError as error:
        raise _missing("kubernetes") from error
    load = partial(load_configuration, options.kubeconfig, options.context)
    return KubernetesSource(await load(), namespace=options.namespace, label_selector=options.pod_selector, reload=load)


def _systemd(options: _SourceOptions) -> ModuleSource:
    try:
        from ....writer.systemd import SystemdSource
    except ImportError as error:
        raise _missing("systemd") from error
    return SystemdSource(options.units, node=options.node, address=options.bus)


def _missing(source: str) -> ConfigError:
    return ConfigError("source", source, f"needs the extra {source}: pip install 'corvo-agent[{source}]'")
