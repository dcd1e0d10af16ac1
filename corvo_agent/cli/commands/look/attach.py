"""``corvo attach``: look into a process that nobody has prepared, by the commands for modules."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ....agent.settings import ATTACH
from ....errors import InvalidArgument, NotFound
from ...attach.beside import Beside, agent_beside
from ...attach.holding import level_command
from ...attach.process import find_pid, logs_of, tell_logs
from ...help import HelpCommand
from ...settings.options import Told, program_options
from ...show.output import note

if TYPE_CHECKING:
    from ....agent.settings import AgentSettings

#: What can be asked of a process from outside; what needs its inside says so when it is asked.
COMMANDS = ("stacks", "profile", "top", "stats", "logs", "blocked", "memory")
#: What can be asked of it with --inject only.
INSIDE_COMMANDS = ("level",)


class _OptionsFirst(HelpCommand):
    """Takes its own options before PROCESS and behind it, until COMMAND; all that follows is COMMAND's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments in the one order that click knows."""
        process = self._options(args, 0)
        behind = self._options(args, process + 1)
        return super().parse_args(
            ctx, [*args[:process], *args[process + 1 : behind], *args[process : process + 1], *args[behind:]]
        )

    def _options(self, args: list[str], start: int) -> int:
        """Where the options that begin at ``start`` end."""
        valued = {
            name for each in self.params if isinstance(each, click.Option) and not each.is_flag for name in each.opts
        }
        while start < len(args) and args[start].startswith("-"):
            start += 2 if args[start] in valued else 1
        return start


@click.command(
    "attach",
    cls=_OptionsFirst,
    short_help="Look into a Python process that nobody has prepared.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("process")
@click.argument("asked", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND [ARGUMENT]...]")
@click.option("--inject", is_flag=True, help="Bring an agent into it, Python 3.14 only: memory, exact tasks, a level.")
@click.option("--as", "module", metavar="NODE-MODULE", help="Make it a Module in --etcd while this command lasts.")
@program_options(ATTACH, common=("log-file", "etcd"))
@click.pass_context
def command(
    ctx: click.Context, process: str, asked: tuple[str, ...], inject: bool, module: str | None, told: Told
) -> int | None:
    """Run COMMAND (stacks, profile, top, stats or logs, with its options) on the Python process PROCESS, a number or a
    part of its command line. Nothing has to be prepared in it, nothing is changed in it, no etcd is needed: an agent
    beside it lives as long as the command, on a socket that only this user may reach. corvo ps lists processes.

    With --as it is a Module, for every command and gateway, until Ctrl-C; one that was not there before is taken away.
    With --inject an agent runs inside of it, too, and memory, blocked and level can be asked. It connects to this
    command and listens nowhere; nothing of it is left when the command ends, however it ends.

    \b
    corvo attach 4711                              where each thread is
    corvo attach shop.wsgi top
    corvo attach 4711 profile cpu --seconds 10 --flame cpu.svg
    corvo attach 4711 logs -f --level Error
    corvo attach --inject 4711 memory --by line    which lines allocate what stays
    corvo attach --inject 4711 level Debug --for 5s
    corvo attach 4711 --as node1-shop --etcd http://127.0.0.1:2379
    """
    if module is not None and asked:
        raise InvalidArgument("--as", module, f"goes without COMMAND: run corvo {asked[0]} {module} meanwhile")
    name, *arguments = asked or ("stacks",)
    if name not in COMMANDS + INSIDE_COMMANDS:
        raise InvalidArgument("COMMAND", name, "not what a process can be asked from outside", COMMANDS)
    if name in INSIDE_COMMANDS and not inject:
        raise InvalidArgument("COMMAND", name, "it needs an agent inside the process: --inject brings one there")
    pid = find_pid(process)
    log_file = told.line("log-file")
    logs = [Path(log_file)] if log_file else logs_of(pid, wanted=name == "logs")
    if name == "logs":
        tell_logs(pid, logs)
    if module is not None:
        # Late: it needs what stores Modules.
        from ...attach.as_module import NO_LOG, stand_as

        return stand_as(module, pid, str(logs[0]) if logs else NO_LOG, told.gather(), inject=inject)
    with tempfile.TemporaryDirectory(prefix="corvo-attach-") as folder:
        settings = _settings(pid, str(logs[0]) if logs else f"{folder}/none", f"{folder}/agent")
        with agent_beside(settings, inject=inject, reads_log=name == "logs") as beside:
            if inject:
                note(f"an agent runs inside process {pid} until this command ends; types of memory include its own")
            return _run(ctx, beside, name, [settings.name, *arguments], f"corvo attach {process} {name}")


def _run(ctx: click.Context, beside: Beside, name: str, arguments: list[str], shown: str) -> int | None:
    if name in INSIDE_COMMANDS:
        level_command.main(arguments[1:], prog_name=shown, standalone_mode=False, obj=beside)
        return None
    group = ctx.parent.command if ctx.parent else None
    inner = group.get_command(ctx, name) if isinstance(group, click.Group) else None
    if inner is None:
        raise NotFound("command", name)
    code = inner.main([*arguments, "--address", beside.address], prog_name=shown, standalone_mode=False)
    return code if isinstance(code, int) else None


def _settings(pid: int, log_file: str, socket: str) -> AgentSettings:
    # Late: it is most of what there is, and --help does not need it.
    from ....agent.settings import AgentSettings

    module = f"pid-{pid}"
    return AgentSettings(module=module, name=module, pid=pid, log_file=log_file, listen=f"unix:{socket}")
