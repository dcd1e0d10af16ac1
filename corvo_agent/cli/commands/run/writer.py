"""``corvo writer``: keeps Module objects in step with what runs; of several that do the same, one leads."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ....errors import ConfigError
from ....settings.etcd import EtcdSettings
from ....settings.own_log import OwnLogSettings
from ....signals import run_until_signal
from ....tasks import end_task
from ....writer.settings import WRITER, WriterSettings
from ...help import HelpCommand
from ...own_log import set_up_own_log, tell
from ...reload import reload_when_asked
from ...settings.options import Told, program_options
from ...show.output import visible

if TYPE_CHECKING:
    from ....writer.source import ModuleSource
    from ....writer.writer import ModuleWriter

#: Writers that keep the same objects meet below this key, and one of them leads.
LEADER_PREFIX = "/corvo/v1/leader/writer/"


@click.command("writer", cls=HelpCommand, short_help="Keep Module objects in step with what runs.")
@program_options(WRITER, ("source", "etcd", "namespace", "unit", "group", "linger"))
@click.option("--once", is_flag=True, help="Write what there is now and end; exit 1 when some could not be written.")
def command(told: Told, once: bool) -> int:
    """Create, update and delete Module objects as the sources tell, touching nothing that people set.

    Any number may run; of those with the same sources one leads, and another takes over when it goes. A setting is
    taken from its option, else its CORVO_ variable, else the file, else the default. SIGTERM and Ctrl-C end the
    writer, SIGHUP has it read certificates and passwords again.

    \b
    corvo writer --source kubernetes --namespace default
    corvo writer --source systemd --unit 'pen-*.service'
    corvo writer --source file:modules.toml
    corvo writer --source file:modules.toml --once
    """
    gathered = told.gather()
    settings, own_log = gathered.section(WriterSettings), gathered.section(OwnLogSettings)
    set_up_own_log(own_log, "corvo-writer")
    told.warn_of_mistaken_variables()
    writer = asyncio.run(_write(settings, gathered.section(EtcdSettings), own_log, once=once))
    return _report(writer, own_log, once=once)


async def _write(settings: WriterSettings, etcd: EtcdSettings, own_log: OwnLogSettings, *, once: bool) -> ModuleWriter:
    """Write once, or until a signal ends it; the writer, which knows what it has done."""
    # Late: ``--help`` and a wrong setting do not need them.
    from ....survival.program import survive
    from ....writer.election import Election
    from ....writer.writer import ModuleWriter
    from ...where.connect import open_store

    found = [await _source(text, settings) for text in settings.source]
    async with open_store(etcd) as store:
        writer = ModuleWriter(
            store,
            found,
            group=settings.group,
            queue_size=settings.queue,
            attempts=settings.attempts,
            linger=settings.linger,
        )
        if once:
            await writer.run_once()
        else:
            election = Election(store.kv, LEADER_PREFIX + writer.identity, f"{socket.gethostname()}:{os.getpid()}")
            reload = asyncio.Event()
            reloading = asyncio.create_task(
                reload_when_asked(reload, store.reload_credentials, own_log), name="corvo-writer-reload"
            )
            try:
                async with survive(
                    f"writing what {', '.join(settings.source)} tells", state=lambda: asdict(writer.statistics())
                ):
                    await run_until_signal(election.run(writer.run), reload=reload.set)
            finally:
                await end_task(reloading)
    return writer


def _report(writer: ModuleWriter, own_log: OwnLogSettings, *, once: bool) -> int:
    """What it has done, and what it could not do. A program that stays was told to end: that is no failure."""
    statistics = writer.statistics()
    tell(own_log, str(statistics))
    for name, reason in statistics.failed:
        tell(own_log, f"not written: {visible(name)}: {reason}")
    return 1 if once and statistics.failed else 0


async def _source(text: str, settings: WriterSettings) -> ModuleSource:
    if text == "kubernetes":
        return await _kubernetes(settings)
    if text == "systemd":
        return _systemd(settings)
    from ....writer.inventory import InventorySource

    # The settings have refused all else.
    return InventorySource(Path(text.removeprefix("file:")))


async def _kubernetes(settings: WriterSettings) -> ModuleSource:
    try:
        from ....writer.kubernetes import KubernetesSource, load_configuration
    except ImportError as error:
        raise _missing("kubernetes") from error
    load = partial(load_configuration, settings.kubeconfig or None, settings.context or None)
    return KubernetesSource(
        await load(), namespace=settings.namespace, label_selector=settings.pod_selector, reload=load
    )


def _systemd(settings: WriterSettings) -> ModuleSource:
    try:
        from ....writer.systemd import SystemdSource
    except ImportError as error:
        raise _missing("systemd") from error
    return SystemdSource(settings.unit, node=settings.node or socket.gethostname(), address=settings.bus)


def _missing(source: str) -> ConfigError:
    return ConfigError("source", source, f"needs the extra {source}: pip install 'corvo-agent[{source}]'")
