"""What a watcher may still begin with: changes of the last seconds, bounded in number."""

from __future__ import annotations

import pytest

from corvo_agent.errors import Compacted
from corvo_agent.gateway.watching.cached_module import CachedModule
from corvo_agent.gateway.watching.events import Event
from corvo_agent.gateway.watching.history import History
from corvo_agent.modules.kv import ChangeType
from corvo_agent.testing import FakeClock

from ..modules import module


def event(revision: int) -> Event:
    return Event(ChangeType.UPDATED, revision, CachedModule(module("m1", revision)))


def revisions(history: History, start: int) -> list[int]:
    return [found.revision for found in history.since(start)]


async def test_everything_after_the_first_state_is_known() -> None:
    history = History(FakeClock())
    with pytest.raises(Compacted):
        history.since(5)
    history.begin(10)
    assert revisions(history, 11) == []
    history.add([event(12), event(15)])
    assert revisions(history, 11) == [12, 15]
    assert revisions(history, 13) == [15]
    with pytest.raises(Compacted) as caught:
        history.since(10)
    assert caught.value.compact_revision == 11


async def test_what_is_old_is_forgotten() -> None:
    clock = FakeClock()
    history = History(clock, seconds=30)
    history.begin(1)
    history.add([event(2)])
    await clock.advance(20)
    history.add([event(3)])
    await clock.advance(15)
    assert revisions(history, 3) == [3]
    with pytest.raises(Compacted):
        history.since(2)


async def test_what_is_too_much_is_forgotten() -> None:
    history = History(FakeClock(), limit=2)
    history.begin(1)
    history.add([event(2), event(3), event(4)])
    assert revisions(history, 3) == [3, 4]
    with pytest.raises(Compacted):
        history.since(2)
    assert "Updated 'm1' at 4" in repr(history.since(4)[0])


async def test_what_is_too_large_is_forgotten_but_for_the_newest() -> None:
    size = len(event(2).entry.json)
    history = History(FakeClock(), size=2 * size)
    history.begin(1)
    history.add([event(2), event(3), event(4)])
    assert revisions(history, 3) == [3, 4]
    with pytest.raises(Compacted):
        history.since(2)
    # What it replaced is held by nothing else.
    changed = event(5)
    changed.before = CachedModule(module("m1", 4))
    history.add([changed])
    assert revisions(history, 5) == [5]
    with pytest.raises(Compacted):
        history.since(4)
    history = History(FakeClock(), size=1)
    history.begin(1)
    history.add([event(2)])
    assert revisions(history, 2) == [2]


async def test_the_first_state_is_no_history() -> None:
    history = History(FakeClock(), limit=2)
    history.begin(9)
    # Something between them may have been deleted before it was read.
    history.add([event(revision) for revision in (3, 5, 7, 9)])
    assert revisions(history, 10) == []
    for start in (4, 8, 9):
        with pytest.raises(Compacted):
            history.since(start)
