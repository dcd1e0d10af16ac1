"""``corvo stacks``: every thread and task of a module, and what it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ....errors import Unsupported
from ...asking import ask_chosen, heading, tell
from ...help import HelpCommand
from ...profiles.children import children_option, children_parameter
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import output_option, print_json, visible
from ...where.chosen import Chosen, choose_modules
from ...where.options import agent_options
from ...where.worker import worker_option

if TYPE_CHECKING:
    from ....diagnostics.client.typed_client import TypedClient
    from ....profiles.shown.stack_tree import StackTree


@click.command("stacks", cls=HelpCommand, short_help="Show what each thread and task of a module does.")
@choose_modules()
@click.option("--frames", type=click.IntRange(1), default=8, show_default=True, help="Frames to show of each stack.")
@click.option("--all", "everything", is_flag=True, help="Show the agent's own threads and tasks, too.")
@children_option
@worker_option
@output_option("text", "json", default="text")
@agent_options
@asynchronous
async def command(
    chosen: Chosen, frames: int, everything: bool, children: bool, worker: str, output: str, where: Where
) -> int:
    """Show every thread and asyncio task of the modules NAME... at this moment: where it is, its state and age, and
    what it waits for. Deadlocks and event loops that are stuck come first; tasks that a task waits for stand below it;
    those at the same place are one entry. The innermost frame is the first.

    \b
    corvo stacks node1-pen-npm
    corvo stacks node1-pen-npm --frames 30 --all
    corvo stacks node1-pen-npm -o json
    """
    # Late: --help does not need it.
    import asyncio

    from ....profiles.shown.stack_tree import stack_tree, tree_json, tree_lines
    from ...profiles.taking import read_profile, with_progress

    several = chosen.several

    async def ask(client: TypedClient, name: str) -> StackTree:
        client.worker = worker
        taking = client.profile("goroutine", None, children_parameter(children=children))
        buffer = await with_progress(taking, None, f"stacks of {name}", alone=not several)
        profile = await asyncio.to_thread(read_profile, buffer)
        if profile is None:
            raise Unsupported("stacks", f"what {name} answers to the profile goroutine is no pprof profile")
        return stack_tree(profile, everything=everything)

    found, code = await ask_chosen(where, chosen, ask, "stacks")
    if output == "json":
        shown = {name: tree_json(tree) for name, tree in found.items()}
        print_json(shown if several else next(iter(shown.values())))
        return code
    for place, (name, tree) in enumerate(found.items()):
        heading(name, several=several, first=not place)
        for comment in tree.comments:
            tell(comment, name, several=several)
        for line in tree_lines(tree, frames):
            click.echo(visible(line))
        if tree.own:
            tell(
                f"{tree.own} threads and tasks of the agent itself are not shown: --all shows them",
                name,
                several=several,
            )
    return code
