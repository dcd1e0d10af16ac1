"""``corvo attach``: look into a process that nobody has prepared, by the commands for modules."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ....errors import InvalidArgument, NotFound, PermissionRefused
from ....sidecar.processes.appended_files import open_logs
from ....sidecar.processes.python_process import python_processes, python_version
from ....threads import start_thread
from ...show.output import note

if TYPE_CHECKING:
    from ....agent.settings import AgentSettings

#: What can be asked of a process from outside; what needs its inside says so when it is asked.
COMMANDS = ("stacks", "profile", "top", "stats", "logs", "blocked", "memory")
# Processes named when a text fits several.
_MOST = 20


@click.command(
    "attach",
    short_help="Look into a Python process that nobody has prepared.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("process")
@click.argument("asked", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND [ARGUMENT]...]")
@click.option("--log-file", metavar="FILE", help="Its log; the file that it appended to last unless given.")
@click.pass_context
def command(ctx: click.Context, process: str, asked: tuple[str, ...], log_file: str | None) -> int | None:
    """Run COMMAND (stacks, profile, top, stats or logs, with its options) on the Python process PROCESS, a number or a
    part of its command line. Nothing has to be prepared in it, nothing is changed in it, no etcd is needed: an agent
    beside it lives as long as the command, on a socket that only this user may reach. corvo ps lists processes.

    \b
    corvo attach 4711                              where each thread is
    corvo attach shop.wsgi top
    corvo attach 4711 profile cpu --seconds 10 --flame cpu.svg
    corvo attach 4711 logs -f --level Error
    """
    name, *arguments = asked or ("stacks",)
    if name not in COMMANDS:
        raise InvalidArgument("COMMAND", name, "not what a process can be asked from outside", COMMANDS)
    pid = _pid(process)
    logs = [Path(log_file)] if log_file else _logs(pid, wanted=name == "logs")
    if name == "logs":
        _tell_logs(pid, logs)
    group = ctx.parent.command if ctx.parent else None
    inner = group.get_command(ctx, name) if isinstance(group, click.Group) else None
    if inner is None:
        raise NotFound("command", name)
    with tempfile.TemporaryDirectory(prefix="corvo-attach-") as folder:
        settings = _settings(pid, str(logs[0]) if logs else f"{folder}/none", f"{folder}/agent")
        with _agent(settings) as address:
            given = [settings.name, *arguments, "--address", address]
            code = inner.main(given, prog_name=f"corvo attach {process} {name}", standalone_mode=False)
    return code if isinstance(code, int) else None


def _pid(text: str) -> int:
    """The process that ``text`` names. Raises NotFound for none, InvalidArgument for several and for no Python."""
    if text.isdecimal():
        pid = int(text)
        if not Path(f"/proc/{pid}").exists():
            raise NotFound("process", text, "corvo ps lists those of this machine")
        if python_version(pid) is None:
            raise InvalidArgument("PROCESS", text, "it does not run Python; corvo ps lists those that do")
        return pid
    found = [each for each in python_processes() if text in " ".join(each.command)]
    if not found:
        raise NotFound("process", text, "no Python process has it in its command line; corvo ps lists them")
    if len(found) > 1:
        listed = ", ".join(f"{each.pid} ({' '.join(each.command)[:60]})" for each in found[:_MOST])
        raise InvalidArgument("PROCESS", text, f"{len(found)} processes have it in their command line: {listed}")
    return found[0].pid


def _logs(pid: int, *, wanted: bool) -> list[Path]:
    """The files that it appends to. Raises PermissionRefused where they are ``wanted`` and it is another user's."""
    try:
        return open_logs(pid)
    except PermissionError as error:
        if wanted:
            raise PermissionRefused(f"looking for the log of process {pid}", error.strerror or str(error)) from error
        return []
    except FileNotFoundError:
        raise NotFound("process", str(pid), "it has ended") from None


def _tell_logs(pid: int, logs: list[Path]) -> None:
    if not logs:
        raise NotFound("log", f"of process {pid}", "it has no file open for appending; name one by --log-file")
    others = f"; also open: {', '.join(map(str, logs[1:]))}" if len(logs) > 1 else ""
    note(f"reading {logs[0]}{others}")


def _settings(pid: int, log_file: str, socket: str) -> AgentSettings:
    # Late: it is most of what there is, and --help does not need it.
    from ....agent.settings import AgentSettings

    module = f"pid-{pid}"
    return AgentSettings(module=module, name=module, pid=pid, log_file=log_file, listen=f"unix:{socket}")


@contextmanager
def _agent(settings: AgentSettings) -> Iterator[str]:
    """An agent in a thread of its own, and the address where it answers; it has ended afterwards."""
    ready: Future[tuple[str, Callable[[], object]]] = Future()
    served = start_thread(lambda: asyncio.run(_serve(settings, ready)), "corvo-attach")
    served.add_done_callback(lambda done: None if ready.done() else ready.set_exception(_failure(done)))
    address, end = ready.result()
    try:
        yield address
    finally:
        end()
        served.result()


def _failure(done: Future[None]) -> BaseException:
    return done.exception() or RuntimeError("the agent ended before it answered")


async def _serve(settings: AgentSettings, ready: Future[tuple[str, Callable[[], object]]]) -> None:
    from ....agent.build import build_agent

    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    async with build_agent(settings) as agent:
        ready.set_result((agent.address, lambda: loop.call_soon_threadsafe(ended.set)))
        await ended.wait()
