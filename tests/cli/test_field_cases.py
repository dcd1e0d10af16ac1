"""What was typed in the field and gave a wrong answer: each kind, with what has to come out."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.errors import NotFound
from corvo_agent.modules.announcing.endpoint import endpoint_key, find_endpoint
from corvo_agent.modules.store import ModuleStore
from tests.cli.kit import corvo, run_here
from tests.cli.place import Place
from tests.integration.corvo_processes import agent_process

NAME = "node1-pen-npm"


def test_an_option_without_its_value_takes_no_other_option_for_it() -> None:
    outcome = run_here("agent", "--module", "x", "--etcd", "--log-file", "y")
    assert outcome.code == 2
    assert outcome.err.startswith("Usage: ")


@pytest.mark.parametrize("line", [("agent", "--module", "x", "--etcd", ""), ("ls", "--etcd", ""), ("ls", "--etcd")])
def test_an_empty_etcd_is_refused_and_so_is_an_unset_variable(line: tuple[str, ...]) -> None:
    outcome = run_here(*line)
    assert outcome.code == 2
    assert "--etcd" in outcome.err


async def test_a_level_for_a_process_that_was_killed_says_that_no_agent_answers(
    etcd: EmbeddedEtcd, modules: ModuleStore, log_file: Path
) -> None:
    options = ("--module", "pen-npm", "--node", "node1", "--log-file", str(log_file))
    async with agent_process({**os.environ}, *options, "--etcd", etcd.endpoint) as agent:
        async with modules.watch(NAME, beside=True) as watch:
            async for _ in watch:
                if await find_endpoint(modules.kv, NAME) is not None:
                    break
        agent.process.kill()
        await agent.process.wait()
        # Its address is still there until the lease ends: then it is the wait that tells.
        early = await corvo("level", NAME, "Debug", "--wait", "0.2s", "--etcd", etcd.endpoint)
        assert early.code != 0, early
        # It has ended where the machine took its time.
        with contextlib.suppress(NotFound):
            await modules.kv.delete(endpoint_key(NAME))
        late = await corvo("level", NAME, "Debug", "--wait", "0.2s", "--etcd", etcd.endpoint)
    assert (late.code, "it has not announced itself" in late.err) == (4, True), late


async def test_a_name_that_is_not_the_agent_s_at_the_address_is_refused(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORVO_ADDRESS", agent.address)
    outcome = await corvo("logs", "blah")
    assert (outcome.code != 0, outcome.out) == (True, "")
    assert NAME in outcome.err


async def test_a_bundle_of_a_name_that_is_none_leaves_no_file(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "here"
    await asyncio.to_thread(folder.mkdir)
    monkeypatch.chdir(folder)
    outcome = await place.corvo("bundle", "nothing-like-it")
    assert (outcome.code, os.listdir(folder)) == (3, [])


async def test_a_label_that_no_selector_could_name_is_refused(place: Place, agent: Agent, modules: ModuleStore) -> None:
    await place.finds(agent.name)
    outcome = await place.corvo("modules", "label", NAME, "bad,label=1")
    assert outcome.code == 2
    assert "bad,label" in outcome.err
    assert "bad,label" not in (await modules.get(NAME)).meta.labels
