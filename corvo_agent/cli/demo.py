"""``corvo demo``: the whole framework on this machine, to play with or to check."""

from __future__ import annotations

import asyncio
import shlex
import sys
from typing import TYPE_CHECKING

import click

from .daemon import end_signals
from .output import note, print_table

if TYPE_CHECKING:
    from ..demo.world import DemoWorld


@click.command("demo", short_help="Try it all: etcd, a sample service and its agent on this machine.")
@click.option("--check", "unattended", is_flag=True, help="Drive it once; exit 0 only if all of it held.")
def command(unattended: bool) -> None:
    """Run an etcd, a sample service with its agent, and a gateway, on loopback and free ports, until Ctrl-C.

    It prints commands to try. Everything is gone afterwards: processes, files, ports.

    \b
    corvo demo            play with it
    corvo demo --check    let it drive itself
    """
    sys.exit(asyncio.run(_check() if unattended else _play()))


async def _play() -> int:
    from ..demo.world import DemoWorld

    stop = asyncio.Event()
    with end_signals(stop.set):
        note("starting ...")
        async with DemoWorld() as world:
            click.echo(_introduction(world))
            await stop.wait()
            note("stopping ...")
    return 0


async def _check() -> int:
    from ..demo.check import Finding, check
    from ..demo.world import DemoWorld

    findings: list[Finding] = []
    task = asyncio.current_task()
    with end_signals(lambda: task is not None and task.cancel()):
        async with DemoWorld() as world:
            async for finding in check(world):
                note(f"{'ok' if finding.held else 'FAILED':7} {finding.what}")
                findings.append(finding)
    print_table(("WHAT", "HELD", "SEEN"), [(each.what, "yes" if each.held else "NO", each.seen) for each in findings])
    return 0 if findings and all(each.held for each in findings) else 1


def _introduction(world: DemoWorld) -> str:
    from ..demo.world import NAME

    endpoint = world.etcd.endpoint
    etcdctl = f"ETCDCTL_API=3 {shlex.quote(world.etcd.etcdctl or 'etcdctl')} --endpoints {endpoint}"
    corvo = shlex.quote(sys.argv[0]) if sys.argv[0].endswith("corvo") else "corvo"
    rest = f"{world.gateway.url}/configs/diagnostics/v1/modules/{NAME}"
    return f"""
The module {NAME} runs, logs to {world.log_file}
and answers at {world.agent.address}. Try, in another terminal:

Change its level with etcdctl:
  {etcdctl} put {world.key} '{{"spec":{{"log-level":"Debug"}}}}'
  {etcdctl} get {world.key}

Use the command line:
  export CORVO_ETCD={endpoint}
  {corvo} level {NAME} Debug --for 1m
  {corvo} logs {NAME} -n 5
  {corvo} stats {NAME} cpustats
  {corvo} action {NAME} list-orders customer=ada
  {corvo} profile {NAME} profile --seconds 5

Use REST:
  curl -s {rest}
  curl -s -X POST {rest}/Debug -d '{{"query":"Log","parameters":{{"lines":"3"}}}}'
  {world.gateway.url}/docs

Ctrl-C ends it and leaves nothing behind.
"""
