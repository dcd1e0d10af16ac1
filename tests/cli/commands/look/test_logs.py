"""``corvo logs``: lines of one module and of several, filtered by the agent, shown in order."""

from __future__ import annotations

import json

import pytest
import yaml

from corvo_agent.agent.agent import Agent
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.model import Module, ObjectMeta
from corvo_agent.modules.store import ModuleStore
from tests.cli.kit import corvo
from tests.cli.place import Place

NAME = "node1-pen-npm"


async def messages(agent: Agent, *arguments: str) -> list[str]:
    outcome = await corvo("logs", NAME, "--address", agent.address, "-o", "json", *arguments)
    assert (outcome.code, outcome.err) == (0, "")
    return [json.loads(line)["msg"] for line in outcome.out.splitlines()]


async def test_lines_are_shown_oldest_first(agent: Agent, place: Place) -> None:
    outcome = await place.corvo("logs", NAME)
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "2026-11-23T04:02:05Z DEBUG looking",
        "2026-11-23T04:02:06Z INFO  connected peer=10.0.0.1",
        '2026-11-23T04:02:06.5Z ERROR lost error="timed out"',
    ]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ("-n 1", ["lost"]),
        ("--level info", ["connected", "lost"]),
        ("--grep l[o]+", ["looking", "lost"]),
        ("--fixed connected", ["connected"]),
        ("--field peer=10.0.0.1", ["connected"]),
        ("--field error~^timed --level error", ["lost"]),
        ("--since 2026-11-23T04:02:06Z --until 2026-11-23T04:02:06.2Z", ["connected"]),
    ],
)
async def test_the_agent_filters(agent: Agent, arguments: str, found: list[str]) -> None:
    assert await messages(agent, *arguments.split()) == found


async def test_columns_are_what_comes_back(agent: Agent) -> None:
    outcome = await corvo("logs", NAME, "--address", agent.address, "-o", "json", "--columns", "msg,peer")
    assert json.loads(outcome.out.splitlines()[1]) == {"msg": "connected", "peer": "10.0.0.1"}


async def test_a_wrong_parameter_is_wrong_usage_in_the_words_of_the_agent(agent: Agent) -> None:
    outcome = await corvo("logs", NAME, "--address", agent.address, "--since", "yesterday")
    assert (outcome.code, outcome.out) == (2, "")
    assert "since" in outcome.err


async def test_a_terminal_sees_colours(agent: Agent) -> None:
    outcome = await corvo("logs", NAME, "--address", agent.address, terminal=True)
    assert "\x1b[31m" in outcome.out


async def test_several_modules_are_merged_with_the_name_in_front(
    agent: Agent, nameless: str, etcd: EmbeddedEtcd, modules: ModuleStore
) -> None:
    other = "node2-pen-npm"
    await modules.kv.put(endpoint_key(other), encode_endpoint(Endpoint(nameless)))
    outcome = await corvo("logs", NAME, other, NAME, "--etcd", etcd.endpoint)
    lines = [line.split() for line in outcome.out.splitlines()]
    assert [line[0] for line in lines] == [NAME, other] * 3
    assert [line[1] for line in lines] == sorted(line[1] for line in lines[:2]) + [line[1] for line in lines[2:]]


async def test_one_that_is_away_does_not_hide_the_others(agent: Agent, place: Place) -> None:
    outcome = await place.corvo("logs", "node9-gone", NAME)
    assert outcome.code == 3
    assert outcome.err == "corvo: node9-gone: module node9-gone not found\n"
    assert len(outcome.out.splitlines()) == 3


async def test_one_alone_that_is_away_is_not_found(place: Place) -> None:
    outcome = await place.corvo("logs", "node9-gone")
    assert (outcome.code, outcome.err) == (3, "corvo: module node9-gone not found\n")


async def test_one_address_is_for_one_module(agent: Agent) -> None:
    outcome = await corvo("logs", NAME, "node2-pen-npm", "--address", agent.address)
    assert outcome.code == 2
    assert "--address" in outcome.err


async def test_a_condition_without_a_sign_is_wrong_usage() -> None:
    outcome = await corvo("logs", NAME, "--field", "status", "--address", "127.0.0.1:1")
    assert outcome.code == 2
    assert "NAME=VALUE" in outcome.err


async def test_selectors_choose_modules(nameless: str, place: Place, modules: ModuleStore) -> None:
    announced = encode_endpoint(Endpoint(nameless))
    for name in ("node2-pen-npm", "node3-pen-npm"):
        await modules.kv.put(endpoint_key(name), announced)
        created = await modules.create(Module(ObjectMeta(name=name, labels={"team": "net"})))
        await place.knows(created.revision)
        await place.finds(name)
    outcome = await place.corvo("logs", "-l", "team=net", "-n", "1")
    assert (outcome.code, outcome.err) == (0, "")
    assert [line.split()[0] for line in outcome.out.splitlines()] == ["node2-pen-npm", "node3-pen-npm"]
    assert (await place.corvo("logs", "-l", "team=other")).code == 3
    assert (await place.corvo("logs", NAME, "-l", "team=net")).code == 2
    assert (await place.corvo("logs")).code == 2


async def test_an_address_has_no_modules_to_select(agent: Agent) -> None:
    outcome = await corvo("logs", "-l", "team=net", "--address", agent.address)
    assert outcome.code == 2
    assert "give --gateway URL or --etcd URL" in outcome.err


async def test_yaml_has_a_document_for_each_line(agent: Agent) -> None:
    outcome = await corvo("logs", NAME, "--address", agent.address, "-o", "yaml")
    assert [record["msg"] for record in yaml.safe_load_all(outcome.out)] == ["looking", "connected", "lost"]
