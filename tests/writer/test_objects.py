"""What the writer writes, and how its objects are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corvo_agent.gateway.objects.edits import labelled
from corvo_agent.modules import Module, ModuleSpec, ModuleStatus, ObjectMeta
from corvo_agent.modules.vanished import Vanished
from corvo_agent.writer.objects import SOURCE_LABEL, created, is_lost, reported, set_by_people, source_of
from corvo_agent.writer.source import Present

PRESENT = Present("node1-billing", ModuleStatus(node="node1", module="billing"))


def test_a_new_object_bears_its_mark_and_a_category() -> None:
    module = created("script", PRESENT, None)
    assert module.meta == ObjectMeta(name="node1-billing", labels={SOURCE_LABEL: "script"})
    assert module.status == ModuleStatus(node="node1", module="billing", category="Venice")
    assert source_of(module) == "script"
    assert not set_by_people(module)


@pytest.mark.parametrize(("replaced", "level"), [(True, "Debug"), (False, "")])
def test_one_that_vanished_comes_back_as_it_went(replaced: bool, level: str) -> None:
    last = Module(
        ObjectMeta(name="node1-billing", labels={"team": "money"}),
        ModuleSpec(log_level="Debug"),
        ModuleStatus(node="node7", restart_count=3),
    )
    module = created("script", PRESENT, Vanished(last, replaced))
    assert module.meta.labels == {"team": "money", SOURCE_LABEL: "script"}
    assert (module.spec.log_level, module.status.node, module.status.restart_count) == (level, "node1", 3)


def test_the_mark_survives_the_labels_of_people() -> None:
    module = labelled(created("script", PRESENT, None), {"team": "money"}, now=1)
    assert module.meta.labels == {"team": "money", SOURCE_LABEL: "script"}
    assert set_by_people(module)


def test_an_object_without_mark_or_status_has_lost_it() -> None:
    whole = reported(Module(ObjectMeta(name="node1-billing")), "script", PRESENT)
    assert not is_lost(whole, PRESENT)
    assert is_lost(whole.with_meta(labels={}), PRESENT)
    assert is_lost(whole.with_status(node=""), PRESENT)
    assert is_lost(replace(whole, incomplete=True), PRESENT)
    # What the source does not know cannot be lost.
    assert not is_lost(whole.with_status(node=""), Present("node1-billing", ModuleStatus()))
