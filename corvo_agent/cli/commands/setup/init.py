"""``corvo init``: a configuration file for a program, from options or from questions."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from ....addresses import address_to_listen
from ....agent.settings import AGENT, AgentSettings
from ....errors import AlreadyExists, ConfigError, InvalidArgument
from ....gateway.settings import GATEWAY, GatewaySettings
from ....modules.names import validate_name
from ....settings.etcd import EtcdSettings
from ....settings.own_log import OwnLogSettings
from ....settings.program import Gathered, Program, Source
from ....settings.toml_text import commented_toml
from ....writer.settings import WRITER, WriterSettings
from ...help import HelpGroup
from ...settings.options import Told, program_options
from ...show.output import note
from ...whole_file import write_whole

F = TypeVar("F", bound=Callable[..., Any])

# What is asked at a terminal unless its option says it: option -> the question. An empty answer leaves it out.
_AGENT = {
    "module": "Name of the module, such as pen-npm",
    "node": "Node",
    "etcd": "etcd, such as http://127.0.0.1:2379",
    "log-file": "Log file of the process",
    "match": "Look into the process whose command line matches",
    "listen": "Where to answer",
}
_GATEWAY = {
    "etcd": "etcd, such as http://127.0.0.1:2379",
    "listen": "Where to serve REST",
    "token-file": "File of tokens, see corvo token new",
}
_WRITER = {
    "source": "What knows which modules run: kubernetes, systemd or file:PATH",
    "etcd": "etcd, such as http://127.0.0.1:2379",
}

# What a program cannot do without, for examples of files that are whole.
_NEEDED = {
    "agent": {"module": "pen-npm"},
    "gateway": {"etcd": "http://127.0.0.1:2379"},
    "writer": {"etcd": "http://127.0.0.1:2379", "source": "kubernetes"},
}


@click.group("init", cls=HelpGroup, short_help="Write a configuration file.")
def command() -> None:
    """Write a TOML file for a program: what was said by options, or by answers at a terminal, and all else as comments.

    \b
    corvo init agent -o agent.toml
    corvo init gateway --etcd http://10.0.0.1:2379 -o gateway.toml
    corvo init writer --source kubernetes --etcd http://10.0.0.1:2379
    """


def _file_options(decorated: F) -> F:
    for option in (
        click.option("--no-questions", is_flag=True, help="Ask nothing: what no option says is left out."),
        click.option("--force", is_flag=True, help="Replace a file that is there."),
        click.option(
            "-o", "path", default="-", metavar="FILE", help="Where to write it; standard output unless given."
        ),
    ):
        decorated = option(decorated)
    return decorated


@command.command("agent")
@_file_options
@program_options(AGENT, tuple(_AGENT))
def init_agent(told: Told, path: str, *, force: bool, no_questions: bool) -> None:
    """Write the settings of corvo agent; every option of it may be given.

    \b
    corvo init agent --module pen-npm --log-file /var/log/pen-npm.log --etcd http://127.0.0.1:2379 -o agent.toml
    """
    _write("agent", AGENT, (AgentSettings, EtcdSettings, OwnLogSettings), told, _AGENT, path, force, no_questions)


@command.command("gateway")
@_file_options
@program_options(GATEWAY, tuple(_GATEWAY))
def init_gateway(told: Told, path: str, *, force: bool, no_questions: bool) -> None:
    """Write the settings of corvo gateway; every option of it may be given.

    \b
    corvo init gateway --etcd http://127.0.0.1:2379 --listen 127.0.0.1:9000 -o gateway.toml
    """
    _write(
        "gateway", GATEWAY, (GatewaySettings, EtcdSettings, OwnLogSettings), told, _GATEWAY, path, force, no_questions
    )


@command.command("writer")
@_file_options
@program_options(WRITER, tuple(_WRITER))
def init_writer(told: Told, path: str, *, force: bool, no_questions: bool) -> None:
    """Write the settings of corvo writer; every option of it may be given.

    \b
    corvo init writer --source systemd --unit 'pen-*.service' --etcd http://127.0.0.1:2379 -o writer.toml
    """
    _write("writer", WRITER, (WriterSettings, EtcdSettings, OwnLogSettings), told, _WRITER, path, force, no_questions)


def _write(
    name: str,
    program: Program,
    sections: Sequence[type[Any]],
    told: Told,
    questions: Mapping[str, str],
    path: str,
    force: bool,
    no_questions: bool,
) -> None:
    line = told.given()
    if path != "-" and Path(path).exists() and not force:
        note("--force replaces a file that is there")
        raise AlreadyExists("file", path)
    check = partial(_gathered, name, program, sections)
    if no_questions or not sys.stdin.isatty():
        gathered = check(line)
    else:
        gathered = _asked(program, questions, _NEEDED[name], line, check)
    options = [each.option for each in program.settings]
    given = {option: gathered.value(option) for option in options if gathered.source(option) is Source.LINE}
    text = commented_toml(program, name, given)
    if path == "-":
        click.echo(text, nl=False)
    else:
        write_whole(Path(path), text.encode())
        note(f"{path} is written: corvo {name} --config {path}")


def _gathered(name: str, program: Program, sections: Sequence[type[Any]], line: Mapping[str, Any]) -> Gathered:
    """What ``line`` says, by the rules of the program itself: what it would refuse is not written."""
    gathered = program.gather(line, {})
    for section in sections:
        made = gathered.section(section)
        if isinstance(made, AgentSettings):
            _check_agent(made)
        if isinstance(made, GatewaySettings):
            made.check()
        if isinstance(made, EtcdSettings) and made.urls:
            # Late, as in the next one: --help does not need it.
            from ....modules.etcd.options import EtcdOptions

            EtcdOptions(made.urls)
    _check_complete(name, gathered.value)
    return gathered


def _check_agent(made: AgentSettings) -> None:
    from ....sidecar.hooks.spec import parse_level_hook
    from ....sidecar.target.match import target_of_match

    validate_name(made.name or f"{made.node or socket.gethostname()}-{made.module}", "module name")
    address_to_listen(made.listen)
    find = target_of_match(made.match) if made.match else None
    if made.level_hook:
        # Which process a signal is for may be found by its number, too.
        parse_level_hook(made.level_hook, find or ((lambda: None) if made.pid or made.pid_file else None))


def _asked(
    program: Program,
    questions: Mapping[str, str],
    needed: Mapping[str, str],
    line: Mapping[str, Any],
    check: Callable[[Mapping[str, Any]], Gathered],
) -> Gathered:
    """What ``line`` and answers at the terminal say; as long as they are refused the questions come again."""
    # What the line says is judged before anything is asked.
    check({**needed, **line})
    answers = {each.option: each.shown_default for each in program.settings} | {"node": socket.gethostname()}
    asked = {option: question for option, question in questions.items() if option not in line}
    defaults = dict(answers)
    while True:
        for option, question in asked.items():
            default = answers.get(option, "")
            answers[option] = click.prompt(question, default=default, show_default=bool(default), err=True)
        said = {option: answers[option] for option in asked if answers[option] not in ("", defaults.get(option))}
        try:
            return check({**line, **said})
        except InvalidArgument as error:
            note(f"{error}; once more")


def _check_complete(name: str, value: Callable[[str], Any]) -> None:
    if name == "agent" and not (value("module") or value("name")):
        raise ConfigError("module", None, "is missing: an agent is of one module")
    if name == "writer" and not value("source"):
        raise ConfigError("source", None, "is missing: kubernetes, systemd or file:PATH")
    if name != "agent" and not value("etcd"):
        raise ConfigError("etcd", None, f"is missing: a {name} needs one, --etcd URL")
