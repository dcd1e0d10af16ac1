"""What a shell may offer is asked where the words say, and whoever presses TAB hears nothing of failures."""

from __future__ import annotations

import asyncio

import click
import pytest
from click.shell_completion import ShellComplete

from corvo_agent.agent.agent import Agent
from corvo_agent.cli.main import cli
from corvo_agent.cli.where.complete import kinds, levels, profile_words
from corvo_agent.modules.model import Module, ObjectMeta
from corvo_agent.modules.store import ModuleStore
from tests.cli.place import Place


async def offered(*words: str) -> list[str]:
    """What is offered for the last of ``words``."""
    *before, incomplete = words
    shell = ShellComplete(cli, {}, "corvo", "_CORVO_COMPLETE")
    return [each.value for each in await asyncio.to_thread(shell.get_completions, before, incomplete)]


async def offered_at_last(*words: str) -> list[str]:
    """The same, asked again until there is something: it gives up after two seconds, however busy the machine is."""
    while not (found := await offered(*words)):
        pass
    return found


def test_levels_and_kinds_in_any_case() -> None:
    context, parameter = click.Context(click.Command("x")), click.Argument(["a"])
    assert levels(context, parameter, "d") == levels(context, parameter, "D") == ["Debug"]
    assert kinds(context, parameter, "he") == ["heap"]
    assert len(kinds(context, parameter, "")) == 13
    assert kinds(context, parameter, "CP") == ["cpu"]
    context.params["a"] = ("n1-a", "n1-b", "cpu")
    assert profile_words(context, parameter, "mode=") == ["mode=cpu", "mode=wall", "mode=gil"]


async def test_what_may_stand_behind_names_is_offered_behind_the_first(place: Place, modules: ModuleStore) -> None:
    created = await modules.create(Module(ObjectMeta(name="n1-heaps")))
    await place.knows(created.revision)
    assert await offered_at_last("profile", *place.options, "") == ["n1-heaps"]
    assert "heap" in await offered("profile", *place.options, "x", "he")
    while (found := await offered("level", *place.options, "x", "n")) == ["None"]:
        pass
    assert found == ["None", "n1-heaps"]


async def test_names_of_modules_but_for_those_that_are_there(place: Place, modules: ModuleStore) -> None:
    created = [await modules.create(Module(ObjectMeta(name=name))) for name in ("n1-a", "n1-b", "n2-a")]
    await place.knows(created[-1].revision)
    where = place.options
    assert await offered_at_last("logs", *where, "n1-") == ["n1-a", "n1-b"]
    assert await offered_at_last("logs", *where, "n1-a", "") == ["n1-b", "n2-a"]
    assert await offered("logs", *where, "nothing") == []


async def test_labels_that_modules_have_behind_a_comma_too(place: Place, modules: ModuleStore) -> None:
    for name, labels in (("n1-a", {"team": "net", "tier": "1"}), ("n1-b", {"team": "db"})):
        created = await modules.create(Module(ObjectMeta(name=name, labels=labels)))
    await place.knows(created.revision)
    assert await offered_at_last("logs", *place.options, "-l", "te") == ["team=db", "team=net"]
    assert await offered_at_last("logs", *place.options, "-l", "team=net,ti") == ["team=net,tier=1"]


async def test_variables_of_the_module_that_is_named(place: Place, agent: Agent) -> None:
    await place.finds(agent.name)
    found = await offered_at_last("stats", *place.options, agent.name, "c")
    assert "cpustats" in found
    assert all(name.startswith("c") for name in found)


@pytest.mark.parametrize("where", [("--gateway", "http://127.0.0.1:1"), ("--address", "127.0.0.1:1"), ("--etcd", "x")])
async def test_nothing_is_offered_where_nobody_answers(
    where: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert await offered("logs", *where, "") == []
    assert await offered("stats", *where, "n1-a", "") == []
    assert capsys.readouterr() == ("", "")
