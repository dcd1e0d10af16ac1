"""What the log-level was when a control was written is asked of the store itself, where nobody saw it change."""

from __future__ import annotations

import pytest

from corvo_agent.levels.level import AUDIT
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.controls.last_word import end_overruled, was_overruled
from corvo_agent.modules.controls.store import ControlStore
from corvo_agent.modules.memory import MemoryStore
from corvo_agent.modules.names import key_of

NAME = "node1-shop"


async def controlled(kv: MemoryStore, before: bytes | None) -> Control:
    """A control, written while the Module was ``before``."""
    if before is not None:
        await kv.put(key_of(NAME), before)
    return await ControlStore(kv).put(NAME, Control("Debug", by="kim"))


@pytest.mark.parametrize(
    ("before", "now", "ended"),
    [
        (b'{"spec":{"log-level":"Info"}}', "Warn", True),
        (b'{"spec":{"log-level":"Info"}}', "info", False),
        (b'{"spec":{"log-level":"Info"}}', "", True),
        (b"{}", "", False),
        (b"{}", "Info", True),
        (None, "Info", False),
        (b'{"spec":{"log-level":"loud"}}', "Info", False),
    ],
)
async def test_another_level_than_then_was_set_after_it(before: bytes | None, now: str, ended: bool) -> None:
    kv = MemoryStore()
    control = await controlled(kv, before)
    await kv.put(key_of(NAME), b'{"spec":{"log-level":"Error"}}')
    assert await was_overruled(kv, NAME, now, control) is ended


async def test_what_is_forgotten_stands() -> None:
    kv = MemoryStore()
    control = await controlled(kv, b'{"spec":{"log-level":"Info"}}')
    last = await kv.put(key_of(NAME), b'{"spec":{"log-level":"Error"}}')
    kv.compact(last)
    assert not await was_overruled(kv, NAME, "Error", control)


async def test_one_of_many_ends_it_and_says_so_in_an_audit_line(caplog: pytest.LogCaptureFixture) -> None:
    kv = MemoryStore()
    store = ControlStore(kv)
    control = await controlled(kv, b"{}")
    for _ in range(2):
        await end_overruled(store, NAME, "Warn", control)
    assert await store.list(NAME) == ()
    (record,) = [record for record in caplog.records if "ended by a change of log-level" in record.message]
    fields = record.__dict__
    assert (record.levelno, fields["overridden"], fields["log_level"]) == (AUDIT, "Debug", "Warn")
    assert fields["by"] == "kim"
