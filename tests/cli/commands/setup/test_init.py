"""``corvo init``: a file that its program takes, from options in a pipe and from answers on a terminal."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from corvo_agent.agent.settings import AGENT, AgentSettings
from corvo_agent.gateway.settings import GATEWAY, GatewaySettings
from corvo_agent.settings.program import Program
from corvo_agent.writer.settings import WRITER, WriterSettings
from tests.cli.kit import run_here
from tests.cli.terminal import on_terminal

ETCD = ("--etcd", "http://10.0.0.1:2379,http://10.0.0.2:2379")
CASES = {
    "agent": (("--module", "pen-npm", "--check-interval", "90s", "--insecure"), AGENT, AgentSettings),
    "gateway": (("--listen", "127.0.0.1:0", "--allow-network", "10.0.0.0/8"), GATEWAY, GatewaySettings),
    "writer": (("--source", "systemd", "--unit", "pen-*.service"), WRITER, WriterSettings),
}


@pytest.mark.parametrize("name", CASES)
def test_what_options_say_is_what_the_program_reads(name: str, tmp_path: Path) -> None:
    options, program, section = CASES[name]
    path = tmp_path / "made.toml"
    outcome = run_here("init", name, *ETCD, *options, "-o", str(path))
    assert (outcome.code, outcome.out) == (0, "")
    assert f"corvo {name} --config {path}" in outcome.err
    line = {"etcd": ETCD[1], **_line(program, options)}
    read, said = program.gather({}, {}, str(path)), program.gather(line, {})
    assert [read.value(each.option) for each in program.settings] == [
        said.value(each.option) for each in program.settings
    ]
    read.section(section)
    again = run_here("init", name, *ETCD, *options, "-o", str(path))
    assert (again.code, "already exists" in again.err, "--force" in again.err) == (1, True, True)
    assert run_here("init", name, *ETCD, *options, "-o", str(path), "--force").code == 0


def _line(program: Program, options: tuple[str, ...]) -> dict[str, str | bool]:
    found: dict[str, str | bool] = {}
    words = list(options)
    while words:
        option = words.pop(0).removeprefix("--")
        is_switch = next(each for each in program.settings if each.option == option).kind is bool
        found[option] = True if is_switch else words.pop(0)
    return found


def test_without_a_file_it_is_shown() -> None:
    outcome = run_here("init", "agent", "--module", "pen-npm")
    assert tomllib.loads(outcome.out) == {"module": "pen-npm"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("agent",), "module"),
        (("writer", *ETCD), "source"),
        (("writer", *ETCD, "--source", "kubernets"), "unknown source"),
        (("gateway",), "etcd"),
        (("gateway", "--etcd", "127.0.0.1:2379"), "http://host:2379"),
        (("gateway", *ETCD, "--listen", "0.0.0.0:9000"), "listen"),
        (("agent", "--module", ""), "empty"),
        (("agent", "--module", "a/b"), "must be at least two of letters"),
        (("agent", "--module", "pen-npm", "--listen", "node1"), "must be HOST:PORT"),
        (("agent", "--module", "pen-npm", "--match", "("), "not a regular expression"),
        (("agent", "--module", "pen-npm", "--level-hook", "signal:USR1"), "needs to know the target's process"),
    ],
)
def test_what_the_program_would_refuse_is_not_written(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    path = tmp_path / "made.toml"
    outcome = run_here("init", *arguments, "-o", str(path))
    assert (outcome.code, words in outcome.err, path.exists()) == (2, True, False)


@pytest.mark.parametrize("columns", [60, 200])
async def test_a_terminal_is_asked(tmp_path: Path, columns: int) -> None:
    path = tmp_path / "made.toml"
    arguments = ("init", "agent", "--node", "node1", "-o", str(path))
    with on_terminal(*arguments, columns=columns, no_color=True) as terminal:
        at = 0
        for question, answer in (
            ("module", b"pen-npm"),
            ("etcd", b"http://127.0.0.1:2379"),
            ("Log file", b""),
            ("command line", b""),
            ("answer", b""),
        ):
            at = await terminal.wait_for(question, at)
            terminal.press(answer + b"\r")
        assert await terminal.ended() == 0
    assert tomllib.loads(path.read_text()) == {"module": "pen-npm", "node": "node1", "etcd": ["http://127.0.0.1:2379"]}


async def test_answers_that_are_refused_are_asked_for_again(tmp_path: Path) -> None:
    path = tmp_path / "made.toml"
    with on_terminal("init", "writer", "-o", str(path), no_color=True) as terminal:
        at = 0
        for question, answer in (
            ("modules run", b"kubernets"),
            ("etcd", b"http://127.0.0.1:2379"),
            ("unknown source", None),
            ("modules run", b"kubernetes"),
            ("etcd", b""),
        ):
            at = await terminal.wait_for(question, at)
            if answer is not None:
                terminal.press(answer + b"\r")
        assert await terminal.ended() == 0
    assert tomllib.loads(path.read_text()) == {"source": ["kubernetes"], "etcd": ["http://127.0.0.1:2379"]}


async def test_a_wrong_option_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    arguments = ("init", "agent", "--listen", "node1", "-o", str(tmp_path / "made.toml"))
    with on_terminal(*arguments, no_color=True) as terminal:
        await terminal.wait_for("must be HOST:PORT")
        assert await terminal.ended() == 2
