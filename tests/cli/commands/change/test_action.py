"""``corvo action``: run what a module offers."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.diagnostics.messages.payloads import logs_payload
from corvo_agent.diagnostics.query import Payload
from corvo_agent.embedded import EmbeddedEtcd
from tests.cli.kit import corvo

NAME = "node1-pen-npm"


def echo(parameters: Mapping[str, str]) -> dict[str, str]:
    return dict(parameters)


def message(parameters: Mapping[str, str]) -> Payload:
    return logs_payload([{"msg": "m"}])


@pytest.fixture
def address(agent: Agent) -> str:
    agent.service.register_action("echo", echo)
    agent.service.register_action("message", message)
    return agent.address


@pytest.mark.parametrize("name", [NAME, "pen-npm", "*-npm"])
async def test_parameters_go_there_and_the_answer_comes_back(address: str, etcd: EmbeddedEtcd, name: str) -> None:
    outcome = await corvo("action", name, "echo", "kind=Network", "expr=a=b", "--etcd", etcd.endpoint)
    assert outcome.code == 0
    assert outcome.json == {"action": "echo", "kind": "Network", "expr": "a=b"}


@pytest.mark.parametrize("terminal", [True, False])
async def test_what_a_module_says_does_not_drive_the_terminal(agent: Agent, address: str, terminal: bool) -> None:
    agent.service.register_action("say", lambda _: "a\tb\n\x1b[2J\u202ec\r")
    outcome = await corvo("action", NAME, "say", "--address", address, terminal=terminal)
    assert outcome.out == "a\tb\n\\x1b[2J\\u202ec\\r\n"


async def test_a_message_goes_to_a_pipe_as_it_is(address: str) -> None:
    outcome = await corvo("action", NAME, "message", "--address", address)
    assert outcome.raw == logs_payload([{"msg": "m"}]).value


async def test_a_message_is_not_for_a_terminal(address: str) -> None:
    outcome = await corvo("action", NAME, "message", "--address", address, terminal=True)
    assert (outcome.code, outcome.out) == (0, "")
    assert "not for a terminal" in outcome.err


async def test_an_unknown_action_is_wrong_usage_and_names_the_valid_ones(address: str) -> None:
    outcome = await corvo("action", NAME, "dance", "--address", address)
    assert outcome.code == 2
    assert "[dance] action is unknown. Valid actions are [echo message]" in outcome.err


@pytest.mark.parametrize("parameter", ["kind", "=x", "action=echo"])
async def test_a_parameter_is_key_and_value(address: str, parameter: str) -> None:
    outcome = await corvo("action", NAME, "echo", parameter, "--address", address)
    assert outcome.code == 2
    assert "parameter:" in outcome.err
