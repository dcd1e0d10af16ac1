"""``corvo stacks``: every thread and task of a module, and what it waits for."""

from __future__ import annotations

import asyncio

import click

from ....errors import Unsupported
from ....profiles.shown.stack_tree import stack_tree, tree_json, tree_lines
from ...help import HelpCommand
from ...profiles.children import children_option, children_parameter
from ...profiles.taking import read_profile, with_progress
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import note, output_option, print_json, visible
from ...where.complete import modules
from ...where.connect import open_agent
from ...where.options import agent_options
from ...where.worker import worker_option


@click.command("stacks", cls=HelpCommand, short_help="Show what each thread and task of a module does.")
@click.argument("name", shell_complete=modules)
@click.option("--frames", type=click.IntRange(1), default=8, show_default=True, help="Frames to show of each stack.")
@click.option("--all", "everything", is_flag=True, help="Show the agent's own threads and tasks, too.")
@children_option
@worker_option
@output_option("text", "json", default="text")
@agent_options
@asynchronous
async def command(
    name: str, frames: int, everything: bool, children: bool, worker: str, output: str, where: Where
) -> None:
    """Show every thread and asyncio task of the module NAME at this moment: where it is, its state and age, and what it
    waits for. Deadlocks and event loops that are stuck come first; tasks that a task waits for stand below it; those at
    the same place are one entry. The innermost frame is the first.

    \b
    corvo stacks node1-pen-npm
    corvo stacks node1-pen-npm --frames 30 --all
    corvo stacks node1-pen-npm -o json
    """
    async with open_agent(where, name) as client:
        client.worker = worker
        buffer = await with_progress(
            client.profile("goroutine", None, children_parameter(children=children)), None, f"stacks of {name}"
        )
    profile = await asyncio.to_thread(read_profile, buffer)
    if profile is None:
        raise Unsupported("stacks", f"what {name} answers to the profile goroutine is no pprof profile")
    tree = stack_tree(profile, everything=everything)
    if output == "json":
        print_json(tree_json(tree))
        return
    for comment in tree.comments:
        note(comment)
    for line in tree_lines(tree, frames):
        click.echo(visible(line))
    if tree.own:
        note(f"{tree.own} threads and tasks of the agent itself are not shown: --all shows them")
