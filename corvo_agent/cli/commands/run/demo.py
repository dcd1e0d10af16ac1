"""``corvo demo``: the whole framework on this machine, to play with or to check."""

from __future__ import annotations

import asyncio
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ....modules.names import API_PATH
from ....signals import end_signals
from ...help import HelpCommand
from ...show.output import note, print_table

if TYPE_CHECKING:
    from ....demo.world import DemoWorld


@click.command(
    "demo", cls=HelpCommand, short_help="Try it all: etcd, a gateway, a sample service and its agents on this machine."
)
@click.option("--check", "unattended", is_flag=True, help="Drive it once; exit 0 only if all of it held.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=9000, show_default=True, help="Port of the gateway, if it is free."
)
def command(unattended: bool, port: int) -> None:
    """Run an etcd, two sample services with their agents, and a gateway, on loopback, until Ctrl-C. One of the services
    runs on two nodes, on the second one with two workers.

    It prints commands to try. The other one is slow: corvo guide slow-service finds out why. Everything is gone
    afterwards: processes, files, ports.

    \b
    corvo demo            play with it
    corvo demo --check    let it drive itself
    """
    sys.exit(asyncio.run(_check() if unattended else _play(port)))


async def _play(port: int) -> int:
    from ....demo.world import DemoWorld

    stop = asyncio.Event()
    with end_signals(stop.set):
        note("starting ...")
        async with DemoWorld(to_play=True, port=port) as world:
            click.echo(_introduction(world))
            await stop.wait()
            note("stopping ...")
    return 0


async def _check() -> int:
    from ....demo.check import check
    from ....demo.findings import Finding
    from ....demo.world import DemoWorld

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
    from ....demo.world import NAME, SECOND_NAME, SLOW_NAME

    etcdctl = f"ETCDCTL_API=3 {shlex.quote(world.etcd.etcdctl or 'etcdctl')} --endpoints {world.etcd.endpoint}"
    corvo = _program()
    rest = f"{world.gateway.url}{API_PATH}"
    one, both = f"{rest}/modules/{NAME}", f"'{rest}/Debug?field-selector=status.module=orders'"
    log_query = """-d '{"query":"Log","parameters":{"lines":"3"}}'"""
    stats_query = """-d '{"query":"Stats","parameters":{"action":"get","expvar":"cpustats"}}'"""
    return f"""
The modules {NAME}, {SECOND_NAME} and {SLOW_NAME} run. Look at them in a browser: {world.gateway.url}
Try, in another terminal:

Use the command line:
  export CORVO_GATEWAY={world.gateway.url}
  {corvo} ls
  {corvo} level {NAME} Debug --for 1m
  {corvo} logs {NAME} {SECOND_NAME} -n 5
  {corvo} stats {SECOND_NAME} cpustats
  {corvo} action {NAME} list-orders customer=ada
  {corvo} profile {NAME} profile --seconds 1
  {corvo} bundle {NAME} {SECOND_NAME} --cpu 1

Change a level with etcdctl:
  {etcdctl} put {world.key} '{{"spec":{{"log-level":"Debug"}}}}'
  {etcdctl} get {world.key}

Use REST:
  curl -sS {rest}/modules
  curl -sS {one}
  curl -sS -X PUT {one}/level -d '{{"level":"Debug","for":"1m","reason":"a try"}}'
  curl -sS -X POST {one}/Debug {log_query}
  curl -sS -X POST {one}/Debug {stats_query}
  curl -sS -X POST {both} {log_query}

Find out why {SLOW_NAME} is slow, in ten minutes:
  {corvo} guide slow-service

Read about all requests at {world.gateway.url}/docs; look into etcd at {world.etcd.endpoint}.
The agent of {NAME} answers gRPC at {world.agent.address}.

Ctrl-C ends it and leaves nothing behind.
"""


def _program() -> str:
    """How the person has started this program, so that it can be started like that from any folder."""
    if Path(sys.argv[0]).name == "corvo":
        return shlex.quote(str(Path(sys.argv[0]).absolute()))
    return f"{shlex.quote(sys.executable)} -m corvo_agent"
