"""The program ``corvo``: finds the command and runs it.

A command's file is imported when the command is used, so that ``corvo --help`` does not pay for all of them.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from .._version import __version__
from ..modules.etcd.without_requests import leave_out_requests
from .failures import report
from .help import HELP_ALL, HelpGroup
from .shells import COMPLETE_VARIABLE, register
from .streams import leave_streams, prepare_streams

# name -> the folder below commands/ with the file of that name, and one line for the list of commands
_COMMANDS = {
    "demo": ("run", "Try it all on this machine: etcd, a gateway, services, agents."),
    "agent": ("run", "Run the sidecar for one module."),
    "run": ("run", "Run a Python service as a module."),
    "ls": ("look", "Show the modules at a glance."),
    "level": ("change", "Show or change the log level of a module."),
    "errors": ("look", "Count the errors of modules by kind."),
    "history": ("look", "Show who changed what of a module."),
    "logs": ("look", "Show log lines of modules."),
    "stats": ("look", "Show or clear published variables of a module."),
    "profile": ("look", "Take a profile of a module."),
    "stacks": ("look", "Show what each thread and task of a module does."),
    "blocked": ("look", "Show who holds the event loop of a module."),
    "memory": ("look", "Show what the memory of a module is used for."),
    "top": ("look", "Watch what modules cost and where their time goes."),
    "ps": ("look", "List the Python processes of this machine."),
    "attach": ("look", "Look into a Python process that nobody has prepared."),
    "bundle": ("look", "Collect everything about modules in one file."),
    "action": ("change", "Run an action of a module."),
    "modules": ("change", "List, show, create, edit, delete and watch Module objects."),
    "gateway": ("run", "Serve the REST API."),
    "writer": ("run", "Keep Module objects in step with what runs."),
    "mcp": ("run", "Serve an assistant that helps to operate services."),
    "token": ("setup", "Make tokens for callers of a gateway."),
    "init": ("setup", "Write a configuration file."),
    "manifest": ("setup", "Write what runs it all in production."),
    "doctor": ("setup", "Find out what is wrong, and what to do about it."),
    "context": ("setup", "Name the places where to look, and choose one."),
    "guide": ("setup", "Read the guides: how to do what, and why."),
    "completion": ("setup", "Print the completion script of a shell."),
}


# What people type for a command whose name they do not know.
_MEANT = {"list": "modules", "get": "modules", "tail": "logs", "ps aux": "ps", "threads": "stacks", "tasks": "stacks"}


class _Commands(HelpGroup):
    """Commands that are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of their use."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, from its file."""
        if cmd_name not in _COMMANDS:
            return None
        folder, _ = _COMMANDS[cmd_name]
        command: click.Command = importlib.import_module(f".commands.{folder}.{cmd_name}", __package__).command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what says where to look from before the command's name, too; the command gets it."""
        if args and args[0].startswith("--") and args[0] not in ("--help", "--help-all", "--version"):
            # Late: most command lines begin with the command.
            from .settings.options import EARLIER, with_options
            from .settings.where import WHERE

            before = click.command(add_help_option=False)(with_options(lambda **_: None, WHERE.settings))
            found = before.make_context(
                "corvo", args, ignore_unknown_options=True, allow_interspersed_args=False, allow_extra_args=True
            )
            ctx.meta[EARLIER] = found.params
            args = found.args
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that ``args`` name; for one that is none, which one was probably meant."""
        name = args[0]
        if name == "help":
            # As most programs have it.
            args = [*args[1:2], "--help"]
            if args == ["--help"]:
                click.echo(ctx.get_help())
                ctx.exit()
            name = args[0]
        if name not in _COMMANDS and not name.startswith("-"):
            # Late: most know what they want.
            import difflib

            close = difflib.get_close_matches(name, _COMMANDS, 3, cutoff=0.5)
            close = [_MEANT[name]] if name in _MEANT else close
            hint = f" Did you mean {' or '.join(f'corvo {each}' for each in close)}?" if close else ""
            raise click.UsageError(f"No such command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The lists of commands, without importing any; those that set things up by name only, unless all is asked."""
        everything = ctx.meta.get(HELP_ALL, False)
        for folders, title in ((("look", "change"), "Commands"), (("run",), "Programs"), (("setup",), "Set up")):
            names = [name for name, (folder, _) in _COMMANDS.items() if folder in folders]
            with formatter.section(title):
                if folders == ("setup",) and not everything:
                    formatter.write_text(", ".join(names))
                else:
                    formatter.write_dl([(name, _COMMANDS[name][1]) for name in names])
        if everything:
            with formatter.section("Exit codes"):
                formatter.write_text("0 done, 1 failed, 2 wrong usage, 3 not found, 4 unreachable, 5 refused")
            super(HelpGroup, self).format_options(ctx, formatter)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="corvo")
def cli() -> None:
    """Diagnostics of running services: levels, logs, stats and profiles, without a restart.

    Where to look: --gateway URL, --etcd URL or --address HOST:PORT, before or behind the command, or CORVO_GATEWAY and
    so on; corvo context gives places names. corvo COMMAND --help begins with examples; --help-all shows everything.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run ``corvo`` with ``arguments`` (those of the process unless given) and exit."""
    prepare_streams()
    leave_out_requests()
    code = run(arguments)
    leave_streams()
    sys.exit(code)


def agent_main() -> NoReturn:
    """Run ``corvo-agent``, which is ``corvo agent``, and exit."""
    main(["agent", *sys.argv[1:]])


def run(arguments: Sequence[str] | None = None) -> int:
    """Run ``corvo``; the exit code. A command may return one, too."""
    try:
        if COMPLETE_VARIABLE in os.environ:
            register()
        code = cli.main(arguments, prog_name="corvo", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:
        return report(error)
    return code if isinstance(code, int) else 0
