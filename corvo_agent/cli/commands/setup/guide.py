"""``corvo guide``: the guides, in a terminal."""

from __future__ import annotations

import sys
from itertools import groupby

import click
from click.shell_completion import CompletionItem

from ....errors import NotFound
from ....guides import KINDS, page_called, pages
from ...help import HelpCommand
from ...show.colour import wants_colour


def _names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(page.name, help=page.title) for page in pages() if page.name.startswith(incomplete)]


@click.command("guide", cls=HelpCommand, short_help="Read the guides: how to do what, and why.")
@click.argument("name", required=False, metavar="[NAME]", shell_complete=_names)
def command(name: str | None) -> None:
    """List the guides, or show the one called NAME: in a terminal as it is read best, in a pipe as Markdown. Behind #
    may stand the part of it that is wanted. A gateway shows the same pages below /docs/guide.

    \b
    corvo guide
    corvo guide slow-service
    corvo guide options#gateway
    corvo guide rest > rest.md
    """
    if name is None:
        _print_list()
    elif sys.stdout.isatty():
        _draw(name)
    else:
        page, _, anchor = name.partition("#")
        click.echo(_part(page, anchor) if anchor else page_called(page).text, nl=False)


def _print_list() -> None:
    width = max(len(page.name) for page in pages())
    for place, (kind, those) in enumerate(groupby(pages(), lambda page: page.kind)):
        click.echo(f"{chr(10) if place else ''}{KINDS[kind]} ({kind})")
        for page in those:
            click.echo(f"  {page.name.ljust(width)}  {page.title}")


def _part(name: str, anchor: str) -> str:
    """The Markdown under the heading with that anchor, up to the next one that is as high."""
    # Late: a list needs no parser.
    from ....guides.markdown import headings, parse

    page = page_called(name)
    tokens = parse(page, lambda *_: "")
    starts = {token.attrs.get("id"): token for token in tokens if token.type == "heading_open"}
    if anchor not in starts:
        known = ", ".join(each for _, each, _ in headings(tokens)[1:])
        raise NotFound("part", f"{name}#{anchor}", f"the guide has {known}" if known else "")
    start = starts[anchor]
    ends = [
        token.map[0]
        for token in starts.values()
        if token.map and start.map and token.map[0] > start.map[0] and token.tag <= start.tag
    ]
    first = start.map[0] if start.map else 0
    return "\n".join(page.text.splitlines()[first : min(ends, default=None)]).rstrip("\n") + "\n"


def _draw(name: str) -> None:
    # Late: it takes longer to import than all else.
    from dataclasses import replace

    from rich.console import Console

    from ....guides.markdown import parse, tree
    from ...show.markdown import draw

    called, _, anchor = name.partition("#")
    page = page_called(called)
    page = replace(page, text=_part(called, anchor)) if anchor else page
    console = Console(highlight=False, no_color=not wants_colour(sys.stdout))
    draw(tree(parse(page, lambda to, part: f"corvo guide {to}{f'#{part}' * bool(part)}")), console)
