"""What an owner writes again depends on how the Module went."""

from __future__ import annotations

from corvo_agent.modules import Module, ModuleSpec, ModuleStatus, ObjectMeta
from corvo_agent.modules.vanished import DELETION_PAUSE, Vanished

LAST = Module(
    ObjectMeta(name="node1-pen-npm", labels={"team": "net"}, generation_id="7", uuid="u"),
    ModuleSpec(log_level="Debug", enable_trace=True),
    ModuleStatus(node="node1", restart_count=3),
    raw={"theirs": 1},
)


def test_a_deletion_takes_the_spec_with_it_and_leaves_time_for_a_creation() -> None:
    vanished = Vanished(LAST, replaced=False)
    assert vanished.pause == DELETION_PAUSE
    assert vanished.restored() == Module(ObjectMeta(name=LAST.name, labels={"team": "net"}), ModuleSpec(), LAST.status)
    assert vanished.restored().raw == {}


def test_what_a_store_lost_is_written_as_it_was_at_once() -> None:
    vanished = Vanished(LAST, replaced=True)
    assert vanished.pause == 0
    assert vanished.restored() is LAST
