"""``corvo mcp``: questions about modules for an assistant, over standard input and output."""

from __future__ import annotations

import importlib.util

import click

from ....errors import Unsupported
from ...help import HelpCommand
from ...running import asynchronous
from ...settings.where import Where
from ...where.connect import open_backend
from ...where.options import module_options


@click.command("mcp", cls=HelpCommand, short_help="Serve an assistant that helps to operate services.")
@click.option("--allow-level", is_flag=True, help="Let it override levels for a time, at most an hour, too.")
@module_options
@asynchronous
async def command(where: Where, *, allow_level: bool) -> None:
    """Speak the Model Context Protocol on standard input and output, for an assistant that starts this program: tools
    that list modules, count errors, read logs and statistics, show stacks, sum up profiles, tell who changed what and
    write support bundles. They look and change nothing, with the role of the token that is given.

    \b
    corvo mcp --gateway https://corvo.example --gateway-token-file ~/reader.token
    corvo --context prod mcp --allow-level
    """
    if importlib.util.find_spec("mcp") is None:
        raise Unsupported("corvo mcp", "it needs an extra: pip install 'corvo-agent[mcp]'")
    from ...assistant.questions import Questions
    from ...assistant.server import make_server

    async with open_backend(where) as backend:
        await make_server(Questions(backend), allow_level=allow_level).run_stdio_async()
