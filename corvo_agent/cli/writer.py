"""``corvo writer``: keeps Module objects in step with what runs; of several, one leads."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import click

from ..errors import ConfigError
from ..writer.election import Election
from ..writer.source import ModuleSource
from ..writer.writer import ModuleWriter
from .daemon import run_until_signal
from .running import asynchronous
from .target import Target, open_store
from .target_options import store_options

LEADER_KEY = "/corvo/v1/leader/writer"


@click.command("writer", short_help="Keep Module objects in step with what runs.")
@click.option(
    "--source",
    "sources",
    multiple=True,
    required=True,
    metavar="kubernetes|file:PATH",
    help="Who knows what runs; may be given several times.",
)
@click.option("--namespace", default="default", show_default=True, help="Namespace of the pods.")
@click.option("--pod-selector", default="", help="Labels of the pods.")
@click.option("--kubeconfig", help="The cluster; the pod's own account or the user's kubeconfig unless given.")
@click.option("--queue", default=1000, show_default=True, help="Most modules that wait to be written.")
@store_options
@asynchronous
async def command(
    sources: tuple[str, ...],
    namespace: str,
    pod_selector: str,
    kubeconfig: str | None,
    queue: int,
    target: Target,
) -> None:
    """Create, update and delete Module objects as the sources tell, touching nothing that people set.

    Any number may run; one of them leads, another takes over when it goes.

    \b
    corvo writer --source kubernetes --namespace default
    corvo writer --source file:modules.toml
    """
    found = [await _source(text, namespace, pod_selector, kubeconfig) for text in sources]
    async with open_store(target) as store:
        writer = ModuleWriter(store, found, queue_size=queue)
        election = Election(store.kv, LEADER_KEY, f"{socket.gethostname()}:{os.getpid()}")
        await run_until_signal(election.run(writer.run))


async def _source(text: str, namespace: str, pod_selector: str, kubeconfig: str | None) -> ModuleSource:
    kind, _, rest = text.partition(":")
    if kind == "file" and rest:
        from ..writer.inventory import InventorySource

        return InventorySource(Path(rest))
    if text == "kubernetes":
        try:
            from ..writer.kubernetes import KubernetesSource, load_configuration
        except ImportError as error:
            raise ConfigError(
                "source", text, "needs the extra kubernetes: pip install 'corvo-agent[kubernetes]'"
            ) from error
        return KubernetesSource(await load_configuration(kubeconfig), namespace=namespace, label_selector=pod_selector)
    raise ConfigError("source", text, "unknown source", ("kubernetes", "file:PATH"))
