"""Help fits a screen and begins with examples; what few people need is behind --help-all."""

from __future__ import annotations

import click
import pytest

from corvo_agent.cli.help import HelpCommand, RareOption
from tests.cli.kit import run_here
from tests.cli.terminal import on_terminal
from tests.cli.test_main import COMMANDS

LINES = 40


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_each_command_fits_a_screen_and_begins_with_examples(name: str) -> None:
    shown = run_here(*name.split(), "--help").out
    lines = shown.splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= 110
    # Behind the usage, unless it has none.
    usage, _, below = shown.partition("\n\n")
    assert "corvo" in below.splitlines()[0] or f"  corvo {name}" not in below, usage
    assert "--help-all" in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_all_options_are_behind_help_all(name: str) -> None:
    short, everything = (run_here(*name.split(), option).out for option in ("--help", "--help-all"))
    for each in COMMANDS[name].params:
        if isinstance(each, click.Option) and not each.hidden:
            assert each.opts[-1] in everything
            assert (f"  {each.opts[-1]} " in short) <= (not isinstance(each, RareOption))


@pytest.mark.parametrize("columns", [60, 200])
async def test_on_terminals_of_any_width(columns: int) -> None:
    with on_terminal("errors", "--help", columns=columns) as terminal:
        assert await terminal.ended() == 0
    # An example is one line, to be copied as it is.
    lines = [line for line in terminal.text.splitlines() if not line.startswith("  corvo")]
    assert max(map(len, lines)) <= columns
    assert "  corvo errors" in terminal.text


def test_a_command_of_any_kind_has_it() -> None:
    @click.command("x", cls=HelpCommand)
    @click.option("--often", help="Much used; really.")
    @click.option("--seldom", cls=RareOption, help="Little used.")
    def command() -> None:
        """What it does.

        \b
        corvo x --often
        """

    context = click.Context(command, info_name="x")
    shown = command.get_help(context)
    assert shown.index("corvo x --often") < shown.index("What it does.") < shown.index("Much used.")
    assert "Little used" not in shown
