"""``corvo completion``: scripts that real shells take, and that complete."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import select
import shlex
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from corvo_agent.agent.agent import Agent
from corvo_agent.cli.main import cli
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.model import Module, ObjectMeta
from corvo_agent.modules.store import ModuleStore
from tests.cli.kit import run_here
from tests.cli.place import Place
from tests.stub.kit import PATIENCE, becomes
from tests.world.machine import needs

SHELLS = {"bash": ("bash", "--norc", "-i"), "zsh": ("zsh", "-i")}


@pytest.fixture
def program(tmp_path: Path) -> dict[str, str]:
    """An environment in which ``corvo`` is this one."""
    corvo = tmp_path / "corvo"
    corvo.write_text(f'#!/bin/sh\nexec {sys.executable} -m corvo_agent "$@"\n')
    corvo.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}


def complete_in_bash(program: dict[str, str], *words: str) -> list[str]:
    """What bash puts in place of the last of ``words``, behind their last ``=`` or ``:``."""
    line = " ".join(words)
    script = f"""
        set -eu
        eval "$(corvo completion bash)"
        COMP_LINE={shlex.quote(line)}
        COMP_POINT=${{#COMP_LINE}}
        COMPREPLY=()
        _corvo_completion corvo
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    shown: list[str] = []
    # Nothing is offered where etcd was not heard within the two seconds that this may take.
    while not shown:
        done = subprocess.run(["bash", "-c", script], env=program, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        shown = done.stdout.split()
    return shown


def test_bash_completes_commands(program: dict[str, str]) -> None:
    assert complete_in_bash(program, "corvo", "le") == ["level"]
    assert {"agent", "logs", "stats", "demo"} <= set(complete_in_bash(program, "corvo", ""))


@needs("python")
def test_bash_completes_options_subcommands_and_choices(program: dict[str, str]) -> None:
    assert complete_in_bash(program, "corvo", "level", "m", "--rea") == ["--reason"]
    assert complete_in_bash(program, "corvo", "modules", "li") == ["list"]
    assert complete_in_bash(program, "corvo", "stats", "m", "-o", "") == ["table", "text", "json", "yaml"]
    assert complete_in_bash(program, "corvo", "level", "m", "d") == ["Debug"]
    assert complete_in_bash(program, "corvo", "profile", "m", "go") == ["goroutine"]


async def test_bash_completes_the_modules_of_etcd(
    program: dict[str, str], modules: ModuleStore, etcd: EmbeddedEtcd
) -> None:
    for name in ("node1-pen-npm", "node2-pen-npm", "other"):
        await modules.create(Module(ObjectMeta(name=name)))
    program["CORVO_ETCD"] = etcd.endpoint
    assert await asyncio.to_thread(complete_in_bash, program, "corvo", "stats", "node") == [
        "node1-pen-npm",
        "node2-pen-npm",
    ]
    words = ("corvo", "logs", "--etcd", etcd.endpoint, "node1-pen-npm", "o")
    program["CORVO_ETCD"] = "http://127.0.0.1:1"
    assert await asyncio.to_thread(complete_in_bash, program, *words) == ["other"]


@needs("python")
async def test_bash_completes_what_holds_signs_at_which_it_breaks_words(
    program: dict[str, str], modules: ModuleStore, etcd: EmbeddedEtcd
) -> None:
    await modules.create(Module(ObjectMeta(name="node1-pen-npm", labels={"team": "net", "tier": "1"})))
    words = ("corvo", "modules", "list", "--etcd", etcd.endpoint, "-l")
    for typed, completed in (("te", ["team=net"]), ("team=", ["net"]), ("team=net,ti", ["net,tier=1"])):
        assert await asyncio.to_thread(complete_in_bash, program, *words, typed) == completed


@pytest.mark.parametrize("shell", ["bash", pytest.param("zsh", marks=needs("zsh"))])
async def test_a_person_at_a_terminal_completes_a_name(
    shell: str, program: dict[str, str], modules: ModuleStore, etcd: EmbeddedEtcd, tmp_path: Path
) -> None:
    await modules.create(Module(ObjectMeta(name="node1-pen-npm")))
    (tmp_path / ".zshrc").write_text("autoload -U compinit; compinit -u -D\n")
    environment = {**program, "ZDOTDIR": str(tmp_path), "HOME": str(tmp_path), "TERM": "xterm"}
    taught = f'eval "$(corvo completion {shell})"; PS1="la""st> "\n'
    typed = {"last> ": taught, "node1-pen-npm": f"corvo stats --etcd {etcd.endpoint} node1\t"}
    await asyncio.to_thread(type_into, SHELLS[shell], environment, typed)


def type_into(shell: tuple[str, ...], environment: dict[str, str], typed: dict[str, str]) -> None:
    """Type each text into a shell at a terminal, and wait each time for what is to be seen then."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
    command = ("setsid", "-c", *shell)
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        try:
            for wanted, text in typed.items():
                os.write(ours, text.encode())
                shown = b""
                end = time.monotonic() + PATIENCE
                while wanted.encode() not in shown:
                    assert time.monotonic() < end, shown
                    if select.select([ours], [], [], 10)[0]:
                        shown += os.read(ours, 4096)
                    elif text.endswith("\t"):
                        # Nothing was offered where etcd was not heard within the two seconds that this may take.
                        os.write(ours, b"\t")
        finally:
            process.kill()
            os.close(ours)


@needs("fish")
async def test_fish_completes_a_name(
    program: dict[str, str], modules: ModuleStore, etcd: EmbeddedEtcd, tmp_path: Path
) -> None:
    await modules.create(Module(ObjectMeta(name="node1-pen-npm")))
    script = f"corvo completion fish | source; complete -C 'corvo stats --etcd {etcd.endpoint} node'"
    command = ("fish", "--no-config", "-c", script)
    environment = {**program, "HOME": str(tmp_path)}

    async def completes() -> bool:
        done = await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, text=True, check=True
        )
        # Nothing where etcd was not heard within the two seconds that this may take.
        assert done.stdout.split() in ([], ["node1-pen-npm"])
        return bool(done.stdout)

    await becomes(completes)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str) -> None:
    outcome = run_here("completion", shell)
    assert outcome.code == 0
    assert "_CORVO_COMPLETE" in outcome.out


@pytest.mark.parametrize("shell", ["bash", *(pytest.param(name, marks=needs(name)) for name in ("zsh", "fish"))])
def test_the_script_is_good_syntax(shell: str) -> None:
    script = run_here("completion", shell).out
    subprocess.run([shell, "-n"], input=script, text=True, check=True, capture_output=True)


def test_another_shell_is_wrong_usage() -> None:
    assert run_here("completion", "csh").code == 2


def offered(*words: str) -> list[str]:
    """What is offered for the last of ``words``, before a shell makes anything of it."""
    completion = ShellComplete(cli, {}, "corvo", "_CORVO_COMPLETE")
    return [item.value for item in completion.get_completions(list(words[:-1]), words[-1])]


async def test_what_is_there_is_offered(agent: Agent, place: Place, modules: ModuleStore) -> None:
    labelled = await modules.create(Module(ObjectMeta(name="node2-pen-npm", labels={"team": "net", "tier": "1"})))
    await place.knows(labelled.revision)
    where = place.options
    for words, found in {
        ("logs", *where, ""): [agent.name, "node2-pen-npm"],
        ("logs", *where, "node2-pen-npm", ""): [agent.name],
        ("stats", *where, "x"): [],
        ("stats", *where, agent.name, "cp"): ["cpustats"],
        ("modules", "list", *where, "-l", "t"): ["team=net", "tier=1"],
        ("modules", "list", *where, "-l", "team=net,ti"): ["team=net,tier=1"],
    }.items():
        assert await asyncio.to_thread(offered, *words) == found, words


@pytest.mark.parametrize("option", ["--etcd", "--gateway", "--address"])
def test_nothing_is_offered_of_a_place_that_is_away(option: str) -> None:
    url = "127.0.0.1:1" if option == "--address" else "http://127.0.0.1:1"
    for words in (("logs",), ("stats", "m"), ("modules", "get")):
        assert offered(*words, option, url, "") == []
