"""Each program takes its settings from options, variables and one common file, and names the mistake that it meets."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path
from typing import Any

import click
import pytest

from corvo_agent.agent.settings import AGENT
from corvo_agent.cli.settings.options import Told, program_options
from corvo_agent.cli.settings.where import WHERE
from corvo_agent.gateway.settings import GATEWAY
from corvo_agent.settings.program import Program
from corvo_agent.writer.settings import WRITER
from tests.cli.kit import run_here

PROGRAMS = {"agent": AGENT, "gateway": GATEWAY, "writer": WRITER}
SAMPLES = {str: "x", bool: "true", int: "7", float: "1m30s", tuple: "192.0.2.0/24"}
# Lists of what is no network.
OTHER_SAMPLES = {"client": "ops.example=operator", "jwt-role": "oncall=operator"}
READ = {bool: True, int: 7, float: 90.0}


def told(program: Program, *line: str) -> Told:
    """What a command with the options of ``program`` is told by ``line``."""
    found: list[Told] = []

    @click.command()
    @program_options(program)
    def command(told: Told) -> None:
        found.append(told)

    command.main(line, standalone_mode=False)
    return found[0]


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_setting_is_an_option_and_a_variable_and_says_what_it_is(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = PROGRAMS[name]
    shown = " ".join(run_here(name, "--help-all").out.split())
    for each in program.settings:
        assert f"--{each.option}" in shown
        assert f"({each.variable})" in shown
        assert each.help.endswith(".")
        if each.check is not None and each.kind is str:
            continue
        sample = OTHER_SAMPLES.get(each.option, SAMPLES[each.kind])
        line = [f"--{each.option}", *([] if each.kind is bool else [sample])]
        value = told(program, *line).gather().value(each.option)
        assert READ.get(each.kind, value) == value
        monkeypatch.setenv(each.variable, sample)
        assert told(program).gather().value(each.option) == value
        monkeypatch.delenv(each.variable)


@pytest.mark.parametrize("program", [AGENT, GATEWAY, WRITER, WHERE])
def test_no_two_settings_of_a_program_are_spelled_the_same(program: Program) -> None:
    for spelling in ("option", "variable"):
        spelled = Counter(getattr(each, spelling) for each in program.settings)
        assert max(spelled.values()) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("agent", 'module = "m"\nlisten = "nowhere"\nmax-staleness = "5m"\nsource = "systemd"\naddress = "a:1"'),
        ("gateway", 'etcd = "http://127.0.0.1:1"\nlisten = "nowhere"\nlog-file = "x"\nsource = "systemd"\ntimeout = 3'),
        ("writer", 'etcd = "http://127.0.0.1:1"\nsource = "nowhere"\nlog-file = "x"\nmax-staleness = 3\ngateway = "x"'),
    ],
)
def test_a_file_may_hold_what_other_programs_take_but_nothing_that_none_does(
    name: str, content: str, tmp_path: Path
) -> None:
    file = tmp_path / "corvo.toml"
    file.write_text(content)
    outcome = run_here(name, "--config", str(file))
    # It is refused for what is its own.
    assert (outcome.code, "nowhere" in outcome.err) == (2, True)
    file.write_text(f"{content}\nlistn = 3")
    outcome = run_here(name, "--config", str(file))
    assert (outcome.code, "corvo.toml: listn: unknown key; valid: listen" in outcome.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("agent --module m --check-interval soon", "--check-interval: not a duration"),
        ("gateway --max-staleness soon", "--max-staleness: not a duration"),
        ("gateway --check-interval 0s", "--check-interval: must be greater than 0"),
        ("gateway --own-log-level loud", "--own-log-level: unknown level, got 'loud'; valid: Debug"),
        ("writer --source systemd --linger soon", "--linger: not a duration"),
        (
            "writer --source systemd --own-log-format xml",
            "--own-log-format: unknown format, got 'xml'; valid: json, text",
        ),
        ("stats m --timeout soon", "--timeout: not a duration"),
        ("stats m --timeout 0", "--timeout: must be greater than 0"),
        ("stats m --config /nowhere/corvo.toml", "config: No such file or directory"),
    ],
)
def test_a_wrong_value_is_wrong_usage_and_names_its_option(arguments: str, words: str) -> None:
    outcome = run_here(*arguments.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err


def test_what_is_read_again_is_what_the_sources_say_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "corvo.toml"
    file.write_text('module = "m"\nmax-lines = 1')
    command_line = told(AGENT, "--config", str(file), "--node", "n")
    assert command_line.gather().value("max-lines") == 1
    file.write_text("max-lines = 2")
    monkeypatch.setenv("CORVO_MODULE", "other")
    gathered = command_line.gather()
    assert [gathered.value(option) for option in ("max-lines", "module", "node")] == [2, "other", "n"]


def test_a_variable_that_is_almost_one_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ours: dict[str, Any] = {each.variable: "x" for program in (*PROGRAMS.values(), WHERE) for each in program.settings}
    for name in (*ours, "CORVO_CONFIG", "CORVO_GATEWAY_SERVICE_HOST", "CORVO_MAX_STALENES"):
        monkeypatch.setenv(name, "x")
    with caplog.at_level(logging.WARNING):
        Told(GATEWAY, {}).warn_of_mistaken_variables()
    assert [record.getMessage() for record in caplog.records] == [
        "the environment variable CORVO_MAX_STALENES means nothing: CORVO_MAX_STALENESS?"
    ]
