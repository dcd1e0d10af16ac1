"""The program as a whole: its commands, its help, and what it does not import."""

from __future__ import annotations

import re
import subprocess
import sys

import click
import pytest

from corvo_agent import __version__
from corvo_agent.cli import main as module
from corvo_agent.cli.main import cli
from tests.cli.kit import corvo, run_here

NAMES = cli.list_commands(click.Context(cli))


def every_command() -> dict[str, click.Command]:
    """All commands with their subcommands, by what is typed."""
    context = click.Context(cli)
    found: dict[str, click.Command] = {}
    for name in NAMES:
        command = cli.get_command(context, name)
        assert command is not None
        found[name] = command
        if isinstance(command, click.Group):
            found.update({f"{name} {sub}": each for sub, each in command.commands.items()})
    return found


COMMANDS = every_command()


def test_help_lists_every_command_and_the_exit_codes() -> None:
    outcome = run_here("--help")
    assert outcome.code == 0
    assert [name for name in NAMES if not re.search(rf"^ .*\b{name}\b", outcome.out, re.MULTILINE)] == []
    everything = run_here("--help-all")
    assert [name for name in NAMES if f"  {name} " not in everything.out] == []
    assert "4 unreachable" in everything.out
    assert len(outcome.out.splitlines()) <= 40


def test_version() -> None:
    assert run_here("--version").out == f"corvo, version {__version__}\n"


def test_no_command_at_all_shows_the_help() -> None:
    outcome = run_here()
    assert outcome.code == 2
    assert "Commands:" in outcome.err


@pytest.mark.parametrize("arguments", ["dance", "level", "level m --nope", "logs", "top", "completion csh"])
def test_wrong_usage_ends_with_2_and_says_where_help_is(arguments: str) -> None:
    outcome = run_here(*arguments.split())
    assert (outcome.code, outcome.out) == (2, "")
    # Which of the two names it tells depends on the version of click.
    assert re.search(r"Try 'corvo .*(-h|--help)'", outcome.err)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_that_helps(name: str) -> None:
    outcome = run_here(*name.split(), "--help")
    assert outcome.code == 0
    assert len(outcome.out.splitlines()) > 5
    if " " not in name:
        assert outcome.out.count(f"corvo {name}") > 1, "no example"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_has_words_and_each_one_that_tells_where_to_look_a_variable(name: str) -> None:
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Option) and parameter.name != "output":
            assert parameter.help, parameter.name
            # What is written into a manifest is of another machine.
            tells_where = parameter.name in ("etcd", "address", "timeout", "tls_ca", "listen")
            if tells_where and not name.startswith("manifest"):
                told = f"{parameter.envvar} {parameter.help}"
                assert f"CORVO_{parameter.name.upper()}" in told or name.endswith("gateway")


def test_the_help_of_a_group_needs_no_imports() -> None:
    code = """if True:
        import sys
        from corvo_agent.cli.main import run
        run(["--help"])
        heavy = {"aiohttp", "etcd3", "grpclib", "rich", "psutil", "betterproto", "asyncio"} & sys.modules.keys()
        print("heavy:", *sorted(heavy), file=sys.stderr)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "heavy:\n"


def test_the_help_of_a_command_that_asks_does_not_import_what_asks() -> None:
    code = """if True:
        import sys
        from corvo_agent.cli.main import run
        for name in ("action", "errors", "level", "logs", "ls", "stacks", "stats"):
            run([name, "--help"])
        heavy = {"aiohttp", "asyncio", "betterproto", "etcd3", "grpclib", "psutil", "re2", "rich", "zoneinfo"}
        print("heavy:", *sorted(heavy & sys.modules.keys()), file=sys.stderr)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "heavy:\n"


@pytest.mark.parametrize("name", ["agent", "gateway", "writer"])
def test_the_help_of_a_program_does_not_import_what_it_runs(name: str) -> None:
    code = f"""if True:
        import sys
        from corvo_agent.cli.main import run
        run(["{name}", "--help"])
        heavy = {{"aiohttp", "etcd3", "grpclib", "rich", "psutil", "betterproto"}} & sys.modules.keys()
        print("heavy:", *sorted(heavy), file=sys.stderr)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "heavy:\n"


def test_python_m_corvo_agent_is_the_same_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "corvo_agent", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"corvo, version {__version__}\n"


def test_corvo_agent_is_corvo_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["corvo-agent", "--help"])
    # A program may say how its own process imports.
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        module.agent_main()
    assert ended.value.code == 0


async def test_without_a_place_to_look_it_says_which_options_there_are() -> None:
    outcome = await corvo("stats", "m")
    assert outcome.code == 4
    assert "127.0.0.1:9000 is unavailable" in outcome.err
    assert "give --gateway URL, --etcd URL or --address HOST:PORT" in outcome.err


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lvel", "corvo level"),
        ("log", "corvo logs"),
        ("statz", "corvo stats"),
        ("list", "corvo modules"),
        ("tail", "corvo logs"),
    ],
)
def test_a_command_that_is_none_leads_to_the_one_that_was_meant(typed: str, meant: str) -> None:
    outcome = run_here(typed, "x")
    assert outcome.code == 2
    assert f"No such command '{typed}'. Did you mean {meant}" in outcome.err
    assert "Did you mean" not in run_here("qqqqqqqq").err


def test_help_is_a_command_too() -> None:
    assert run_here("help").out == run_here("--help").out
    assert run_here("help", "stats").out == run_here("stats", "--help").out
    assert run_here("help", "nonsense").code == 2


def test_options_of_where_to_look_may_stand_before_the_command() -> None:
    for line in (
        ("--gateway", "http://127.0.0.1:1", "modules", "list"),
        ("modules", "list", "--gateway", "http://127.0.0.1:1"),
    ):
        outcome = run_here(*line)
        assert (outcome.code, "http://127.0.0.1:1 is unavailable" in outcome.err) == (4, True)
    outcome = run_here("--gateway", "http://127.0.0.1:1", "agent", "--module", "x")
    assert (outcome.code, "corvo agent has no option --gateway" in outcome.err) == (2, True)
    # The one behind the command is nearer.
    outcome = run_here("--gateway", "http://127.0.0.1:1", "modules", "list", "--gateway", "http://127.0.0.1:2")
    assert "http://127.0.0.1:2 is unavailable" in outcome.err


@pytest.mark.parametrize(
    "line",
    [
        ("modules", "list", "--etcd", ""),
        ("--etcd", "", "modules", "list"),
        ("agent", "--module", "x", "--etcd", ""),
        ("agent", "--module", "x", "--log-file", ""),
        ("modules", "list", "--gateway", ""),
    ],
)
def test_an_empty_value_is_refused_instead_of_being_left_out(line: tuple[str, ...]) -> None:
    outcome = run_here(*line)
    assert (outcome.code, "is empty: leave the option out, or give it a value" in outcome.err) == (2, True)


def test_an_option_does_not_swallow_the_next_one() -> None:
    outcome = run_here("agent", "--module", "x", "--etcd", "--log-file", "y")
    assert (outcome.code, "unexpected extra argument" in outcome.err) == (2, True)
