"""Asking several agents at once: whose answer is whose, and what one that fails does to the others."""

from __future__ import annotations

from corvo_agent.agent.agent import Agent
from corvo_agent.modules.model import Module, ObjectMeta
from corvo_agent.modules.store import ModuleStore
from tests.cli.place import Place


async def test_one_that_cannot_be_asked_is_told_and_the_others_are_shown(
    place: Place, agent: Agent, modules: ModuleStore
) -> None:
    silent = await modules.create(Module(ObjectMeta(name="node9-silent")))
    await place.knows(silent.revision)
    await place.finds(agent.name)
    both = await place.corvo("stacks", agent.name, silent.name)
    assert both.code != 0
    assert both.out.startswith(f"{agent.name}:\n")
    assert f"corvo: {silent.name}: " in both.err
    values = await place.corvo("stacks", "-A", "-o", "json")
    assert (values.code, list(values.json)) == (both.code, [agent.name])
    alone = await place.corvo("stacks", silent.name)
    assert (alone.code, alone.out) == (both.code, "")
