"""``corvo history``: a row for each change, the newest first."""

from __future__ import annotations

from corvo_agent.modules.history.entry import LABELS, LEVEL, OVERRIDE, HistoryEntry
from corvo_agent.modules.history.store import HistoryStore
from corvo_agent.modules.model import Module, ObjectMeta
from corvo_agent.modules.store import ModuleStore
from tests.cli.place import Place

NAME, TIME, UNTIL = "node1-pen-npm", 1_700_000_000_000_000_000, 1_700_000_600_000_000_000


async def test_each_change_with_who_and_until_when(place: Place, modules: ModuleStore) -> None:
    await place.knows((await modules.create(Module(ObjectMeta(name=NAME)))).revision)
    told = [
        HistoryEntry(NAME, LEVEL, TIME, 1, 0, level_from="Info", level_to="Warn", by="eve\x1b[2J", seen=True),
        HistoryEntry(
            NAME,
            OVERRIDE,
            TIME,
            2,
            1,
            who="alice",
            by="al",
            logger="http",
            level_to="Debug",
            until=UNTIL,
            reason="slow",
        ),
        HistoryEntry(NAME, LABELS, TIME, 3, 2, who="bob", gateway="gw-1", change={"team": None}),
    ]
    await HistoryStore(modules.kv).add(NAME, told)
    outcome = await place.corvo("history", NAME)
    assert outcome.code == 0, outcome.err
    time = "2023-11-14T22:13:20.000Z"
    assert outcome.rows == [
        [time, 'labels {"team":null}', "bob via gw-1", "", ""],
        [time, "level of http none → Debug", "alice (al)", "2023-11-14T22:23:20Z", "slow"],
        [time, "log-level Info → Warn", "(eve\\x1b[2J) etcd", "", ""],
    ]
    assert [each["what"] for each in (await place.corvo("history", NAME, "-o", "json")).json] == [
        "labels",
        "override",
        "level",
    ]
