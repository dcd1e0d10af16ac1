"""Modules by what people type."""

from __future__ import annotations

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.modules.model import Module, ObjectMeta
from corvo_agent.modules.store import ModuleStore
from tests.cli.kit import corvo
from tests.cli.place import Place

MODULES = ("node1-mail", "node2-pen-apigw", "node3-pen-apigw")


@pytest.fixture
async def fleet(modules: ModuleStore, agent: Agent, place: Place) -> None:
    """Some Modules beside that of the agent, which is node1-pen-npm; the place knows of all."""
    for name in MODULES:
        created = await modules.create(Module(ObjectMeta(name=name)))
    await place.knows(created.revision)
    await place.finds("node1-pen-npm")


@pytest.mark.usefixtures("fleet")
async def test_a_service_alone_means_its_module(place: Place) -> None:
    for arguments in (("stats", "pen-npm", "agent"), ("logs", "pen-npm"), ("level", "pen-npm"), ("stacks", "pen-npm")):
        outcome = await corvo(*arguments, *place.options)
        assert (outcome.code, "pen-npm is node1-pen-npm\n" in outcome.err) == (0, True), (arguments, outcome.err)
    whole = await corvo("level", "node1-pen-npm", *place.options)
    assert (whole.code, " is " in whole.err) == (0, False)
    got = await corvo("modules", "get", "mail", "-o", "json", *place.options)
    assert got.json["meta"]["name"] == "node1-mail"


@pytest.mark.usefixtures("fleet")
async def test_what_several_modules_are_called_is_a_list_and_a_pattern_may_mean_them_all(place: Place) -> None:
    several = await corvo("stats", "pen-apigw", *place.options)
    assert several.code == 2
    assert "2 modules have a service of that name: node2-pen-apigw, node3-pen-apigw" in several.err
    pattern = await corvo("action", "*apigw", "list", *place.options)
    assert (pattern.code, "2 modules: node2-pen-apigw, node3-pen-apigw" in pattern.err) == (2, True)
    one = await corvo("stats", "node1-p*", "agent", "-o", "json", *place.options)
    assert one.json["node1-pen-npm"]["name"] == "node1-pen-npm"
    labelled = await corvo("modules", "label", "node?-pen-apigw", "team=net", "--yes", *place.options)
    assert labelled.code == 0, labelled.err
    listed = await corvo("modules", "list", "-l", "team=net", "-o", "json", *place.options)
    assert [each["meta"]["name"] for each in listed.json] == ["node2-pen-apigw", "node3-pen-apigw"]
    none = await corvo("stats", "nothing*", *place.options)
    assert (none.code, "no name fits the pattern" in none.err) == (3, True)


@pytest.mark.usefixtures("fleet")
async def test_a_name_that_is_none_leads_to_those_that_are_like_it(place: Place) -> None:
    for typed in ("node1-pen-nmp", "pen-nmp"):
        outcome = await corvo("stats", typed, *place.options)
        assert outcome.code == 3
        assert f"no module is called {typed}. Did you mean node1-pen-npm" in outcome.err
    bundle = await corvo("bundle", "zzz", *place.options)
    assert (bundle.code, "module zzz not found" in bundle.err) == (3, True)


async def test_an_agent_alone_knows_no_other_names(agent: Agent) -> None:
    outcome = await corvo("stats", "pen-npm", "--address", agent.address)
    assert outcome.code != 0
    assert "node1-pen-npm" in outcome.err
