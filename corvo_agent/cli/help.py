"""Help that fits a screen: examples first, options that few people need behind ``--help-all``."""

from __future__ import annotations

import inspect
from typing import Any

import click

#: Where a click context keeps that all is to be shown.
HELP_ALL = "corvo_agent.help_all"
_EXAMPLES = "\b"
# Columns of the options' names in the short help.
_COLUMN = 24


class RareOption(click.Option):
    """An option that ``--help`` leaves to ``--help-all``."""


class _ShortHelp(click.Command):
    """Help that begins with examples: the paragraphs of the docstring behind ``\\b``."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own, ``--help-all``, and ``--help``."""
        *own, last = super().get_params(ctx)
        return [*own, _help_all(), last]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, then what the command does."""
        paragraphs = inspect.cleandoc(self.help or "").split("\n\n")
        examples = [each for each in paragraphs if each.startswith(_EXAMPLES)]
        for each in (*examples, *(each for each in paragraphs if each not in examples)):
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(each)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Those that people need; the rest where all are asked for, else where to find them."""
        params = self.get_params(ctx)
        rare = _rows(ctx, [each for each in params if isinstance(each, RareOption)])
        common = _rows(ctx, [each for each in params if not isinstance(each, RareOption)])
        everything = ctx.meta.get(HELP_ALL, False)
        with formatter.section("Options"):
            if everything:
                formatter.write_dl(common)
            else:
                formatter.write_dl([(name, _first_sentence(text)) for name, text in common], col_max=_COLUMN)
        if not rare:
            return
        if everything:
            with formatter.section("More options"):
                formatter.write_dl(rare)


class HelpCommand(_ShortHelp):
    """A command with such help."""


class HelpGroup(_ShortHelp, click.Group):
    """A group of such commands."""

    command_class = HelpCommand

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without a command the help is what went wrong: some versions of click take it for what was asked for."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True, color=ctx.color)
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Its options, and its commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


def _rows(ctx: click.Context, params: list[click.Parameter]) -> list[tuple[str, str]]:
    options = (each for each in params if isinstance(each, click.Option))
    return [row for each in options if (row := each.get_help_record(ctx)) is not None]


def _first_sentence(text: str) -> str:
    """Enough to tell whether an option is the one that is looked for."""
    told, stop, _ = text.partition("; ")
    return f"{told}." if stop and not told.endswith(".") else text


def _help_all() -> click.Option:
    def show(ctx: click.Context, param: click.Parameter, value: Any) -> None:
        if value and not ctx.resilient_parsing:
            ctx.meta[HELP_ALL] = True
            click.echo(ctx.get_help(), color=ctx.color)
            ctx.exit()

    return click.Option(
        ["--help-all"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Show every option, also of where to look.",
    )
