"""A duration of a command is read as those of settings are, and a wrong one is wrong usage by its option."""

from __future__ import annotations

import click
import pytest

from corvo_agent.cli.settings.duration import Duration
from tests.cli.kit import run_here


def converted(text: str, least: float = 0.0) -> float:
    found: list[float] = []

    @click.command()
    @click.option("--rest", type=Duration(least), default="5m")
    def command(rest: float) -> None:
        found.append(rest)

    command.main(["--rest", text] if text else [], standalone_mode=False)
    return found[0]


@pytest.mark.parametrize(("text", "seconds"), [("", 300.0), ("90", 90.0), ("1.5", 1.5), ("2m", 120.0), ("250ms", 0.25)])
def test_it_is_seconds(text: str, seconds: float) -> None:
    assert converted(text) == seconds


@pytest.mark.parametrize(("text", "words"), [("soon", "not a duration"), ("-1", "not a duration"), ("50ms", "0.1 s")])
def test_a_wrong_one_names_its_option(text: str, words: str) -> None:
    with pytest.raises(click.BadParameter, match=words) as caught:
        converted(text, 0.1)
    assert caught.value.param is not None
    assert "--rest" in caught.value.format_message()


@pytest.mark.parametrize("arguments", ["top m --interval soon", "top m --interval 1ms", "bundle m --max-time 0"])
def test_commands_take_them(arguments: str) -> None:
    outcome = run_here(*arguments.split())
    assert outcome.code == 2
    assert arguments.split()[2] in outcome.err
