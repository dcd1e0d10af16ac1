"""Modules are named or selected, never both."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from corvo_agent.cli.where.selectors import selector_of, selector_options
from corvo_agent.modules.access import Selector


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], Selector()),
        (["-l", "team=net"], Selector(labels="team=net")),
        (["--selector", "a=1,b!=2", "--field-selector", "kind=Module"], Selector("", "a=1,b!=2", "kind=Module")),
        (["--name", "n1-a"], Selector("n1-a")),
    ],
)
def test_the_options_are_a_selector(arguments: list[str], expected: Selector) -> None:
    found: list[Selector] = []

    @click.command()
    @click.option("--name", default="")
    @selector_options
    def command(name: str, labels: str, fields: str) -> None:
        found.append(selector_of(labels, fields, name))

    assert CliRunner().invoke(command, arguments).exit_code == 0
    assert found == [expected]


@pytest.mark.parametrize(("labels", "fields"), [("a=1", ""), ("", "kind=Module")])
def test_a_name_beside_a_selector_is_wrong_usage(labels: str, fields: str) -> None:
    with pytest.raises(click.UsageError, match="not both"):
        selector_of(labels, fields, "n1-a")


@pytest.mark.parametrize(("arguments", "code"), [(["-A"], 0), (["-A", "-l", "a=1"], 2), (["-A", "--name", "x"], 2)])
def test_all_modules_are_said_with_one_key(arguments: list[str], code: int) -> None:
    found: list[object] = []

    @click.command()
    @click.option("--name", default="")
    @selector_options
    def command(name: str, labels: str, fields: str) -> None:
        found.extend((bool(labels or fields), selector_of(labels, fields, name)))

    assert CliRunner().invoke(command, arguments).exit_code == code
    assert found == ([True, Selector()] if code == 0 else [])
