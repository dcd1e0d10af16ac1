"""``corvo modules``: the objects in a real etcd, straight and through a gateway."""

from __future__ import annotations

import io
import json

import pytest
import pytest_asyncio
import yaml

from corvo_agent.agent.agent import Agent
from corvo_agent.modules import Control, ControlStore
from corvo_agent.modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta
from corvo_agent.modules.names import key_of
from corvo_agent.modules.store import ModuleStore
from corvo_agent.modules.vanished import DELETION_NOTE
from tests.cli.kit import Stream, corvo
from tests.cli.place import Place

NAME, OTHER = "node1-pen-npm", "node2-pen-npm"


@pytest_asyncio.fixture(autouse=True)
async def both(modules: ModuleStore, place: Place) -> None:
    """Two modules, which the place knows."""
    for number in (1, 2):
        status = ModuleStatus(f"node{number}", "pen-npm", "Venice", last_start=10**18, restart_count=number)
        meta = ObjectMeta(name=f"node{number}-pen-npm", labels={"rack": f"r{number}"})
        created = await modules.create(Module(meta, ModuleSpec(log_level="Warn"), status))
        await place.knows(created.revision)


async def test_list_shows_each_with_the_level_that_holds(place: Place, modules: ModuleStore) -> None:
    control = await ControlStore(modules.kv).put(NAME, Control("Debug"))
    await place.knows_beside(control.revision)
    outcome = await place.corvo("modules", "list")
    assert outcome.code == 0
    assert outcome.rows == [
        [NAME, "Debug*", "node1", "Venice", "1", "2001-09-09T01:46:40Z"],
        [OTHER, "Warn", "node2", "Venice", "2", "2001-09-09T01:46:40Z"],
    ]


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("-l rack=r1", [NAME]),
        ("-l rack!=r1", [OTHER]),
        ("--field-selector status.node=node2", [OTHER]),
        ("-l rack --field-selector status.restart-count>1", [OTHER]),
        ("-l rack=r3", []),
    ],
)
async def test_selectors_choose(place: Place, selector: str, names: list[str]) -> None:
    outcome = await place.corvo("modules", "list", *selector.split())
    assert (outcome.code, [row[0] for row in outcome.rows]) == (0, names)


@pytest.mark.parametrize("selector", ["-l =", "--field-selector nonsense=1"])
async def test_a_bad_selector_is_wrong_usage(place: Place, selector: str) -> None:
    outcome = await place.corvo("modules", "list", *selector.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert "selector" in outcome.err or "nonsense" in outcome.err


async def test_list_in_every_form(place: Place) -> None:
    objects = (await place.corvo("modules", "list", "-o", "json")).json
    assert [each["meta"]["name"] for each in objects] == [NAME, OTHER]
    assert yaml.safe_load((await place.corvo("modules", "list", "-o", "yaml")).out) == objects
    assert "│" not in (await place.corvo("modules", "list", "-o", "text")).out
    table = await place.corvo("modules", "list", "-o", "table")
    assert "\t" not in table.out
    assert NAME in table.out


async def test_what_cannot_be_read_is_shown_as_invalid_with_the_reason(place: Place, modules: ModuleStore) -> None:
    bad = b'{"spec":{"log-level":"loud"},"status":{"node":"node3"}}'
    await place.knows(await modules.kv.put(key_of("node3-bad"), b"not json"))
    await place.knows(await modules.kv.put(key_of("node4-bad"), bad))
    outcome = await place.corvo("modules", "list")
    assert [row[:3] for row in outcome.rows[2:]] == [["node3-bad", "invalid", ""], ["node4-bad", "invalid", "node3"]]
    assert "corvo: node3-bad is invalid: not JSON" in outcome.err
    shown = await place.corvo("modules", "get", "node4-bad", "-o", "json")
    assert shown.json["spec"] == {"log-level": "loud"}
    assert "unknown level, got 'loud'" in shown.json["invalid"]
    outcome = await place.corvo("modules", "label", "node4-bad", "team=net")
    assert (outcome.code, outcome.out) == (0, "team=net\n")
    assert (await place.corvo("modules", "delete", "node3-bad")).code == 0


async def test_an_edit_mends_what_cannot_be_read(
    place: Place, modules: ModuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = b'{"spec":{"log-level":"loud","args":["-a"]},"status":{"node":"node3"}}'
    await place.knows(await modules.kv.put(key_of("node4-bad"), bad))
    monkeypatch.setenv("EDITOR", "sed -i s/loud/Warn/")
    monkeypatch.delenv("VISUAL", raising=False)
    assert (await place.corvo("modules", "edit", "node4-bad")).code == 0
    found = await modules.get("node4-bad")
    assert (found.invalid, found.spec.log_level, found.spec.args) == ("", "Warn", ("-a",))
    # A line that is taken out counts as well.
    await place.knows(await modules.kv.put(key_of("node4-bad"), bad))
    monkeypatch.setenv("EDITOR", "sed -i /loud/d")
    assert (await place.corvo("modules", "edit", "node4-bad")).code == 0
    found = await modules.get("node4-bad")
    assert (found.invalid, found.spec.args, found.status.node) == ("", ("-a",), "node3")


async def test_get_shows_one(place: Place) -> None:
    assert (await place.corvo("modules", "get", NAME, "-o", "json")).json["spec"] == {"log-level": "Warn"}
    rows = dict((await place.corvo("modules", "get", NAME)).rows)
    assert (rows["spec.log-level"], rows["status.node"]) == ("Warn", "node1")
    for name in ("nobody", "..", "a/b"):
        outcome = await place.corvo("modules", "get", name)
        assert (outcome.code, outcome.err) == (3, f"corvo: module {name} not found\n")


async def test_create_and_delete(place: Place, modules: ModuleStore) -> None:
    outcome = await place.corvo("modules", "create", "node3-x", "--level", "Error", "--node", "node3", "--module", "x")
    assert outcome.code == 0
    created = await modules.get("node3-x")
    assert outcome.err == f"node3-x is created at resource version {created.revision}\n"
    assert (created.spec.log_level, created.status.node, created.status.module) == ("Error", "node3", "x")
    again = await place.corvo("modules", "create", "node3-x")
    assert (again.code, again.err) == (1, "corvo: module node3-x already exists\n")
    assert (await place.corvo("modules", "delete", "node3-x")).err == f"node3-x is deleted\n{DELETION_NOTE}\n"
    assert (await place.corvo("modules", "delete", "node3-x")).code == 3


@pytest.mark.parametrize("arguments", ["x --level Loud", "bad/name", "-x"])
async def test_what_no_module_can_be_is_refused(place: Place, arguments: str) -> None:
    assert (await place.corvo("modules", "create", *arguments.split())).code == 2


async def test_several_are_deleted_only_when_the_person_means_it(
    place: Place, modules: ModuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    for chosen in ((NAME, OTHER), ("-l", "rack")):
        refused = await place.corvo("modules", "delete", *chosen)
        assert (refused.code, "give --yes" in refused.err) == (2, True)
    assert len((await modules.list()).modules) == 2
    done = await place.corvo("modules", "delete", "-l", "rack", "--yes")
    assert (done.code, done.err) == (0, f"{NAME} is deleted\n{OTHER} is deleted\n{DELETION_NOTE}\n")
    assert (await modules.list()).modules == ()
    assert (await place.corvo("modules", "delete", "-l", "rack", "--yes")).code == 3
    assert (await place.corvo("modules", "delete")).code == 2
    assert (await place.corvo("modules", "delete", NAME, "-l", "rack")).code == 2


async def test_one_that_is_not_there_does_not_keep_the_others(place: Place, modules: ModuleStore) -> None:
    outcome = await place.corvo("modules", "delete", NAME, "nobody", "--yes")
    assert outcome.code == 3
    assert outcome.err == f"corvo: module nobody not found\n{NAME} is deleted\n{DELETION_NOTE}\n"


async def test_at_a_terminal_several_are_deleted_after_a_yes(
    place: Place, modules: ModuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Stream(terminal=True)
    answer.write("n\n")
    answer.seek(0)
    monkeypatch.setattr("sys.stdin", answer)
    refused = await place.corvo("modules", "delete", NAME, OTHER)
    assert refused.code == 130
    assert f"  {NAME}\n  {OTHER}\nDelete 2 modules?" in refused.err
    assert len((await modules.list()).modules) == 2


async def test_labels_are_set_and_taken_away(place: Place, modules: ModuleStore) -> None:
    assert (await place.corvo("modules", "label", NAME, "team=net", "tier=1", "rack-")).out == "team=net tier=1\n"
    assert (await place.corvo("modules", "label", NAME, "team-", "tier=2")).out == "tier=2\n"
    assert (await modules.get(NAME)).meta.labels == {"tier": "2"}
    assert (await place.corvo("modules", "label", NAME, "nonsense")).code == 2
    assert (await place.corvo("modules", "label", NAME)).code == 2
    every = await place.corvo("modules", "label", "--field-selector", "status.category=Venice", "tier=3", "--yes")
    assert every.out == f"{NAME}: tier=3\n{OTHER}: rack=r2 tier=3\n"


async def test_what_a_label_changes_is_a_generation_and_nothing_else(place: Place, modules: ModuleStore) -> None:
    before = await modules.get(NAME)
    await place.corvo("modules", "label", NAME, "team=net")
    after = await modules.get(NAME)
    assert (after.spec, after.status, after.meta.uuid) == (before.spec, before.status, before.meta.uuid)
    assert (before.meta.generation_id, after.meta.generation_id) == ("1", "2")
    await place.corvo("modules", "label", NAME, "team=net")
    assert await modules.get(NAME) == after


async def test_an_agent_makes_its_module(agent: Agent, place: Place, modules: ModuleStore) -> None:
    await place.knows((await modules.get(NAME)).revision)
    assert (await place.corvo("level", NAME, "Error", "--keep", "--wait", "30s")).code == 0
    await place.finds(NAME)
    await place.knows_beside((await modules.kv.range("/corvo/")).items[-1].mod_revision)
    row = (await place.corvo("modules", "list")).rows[0]
    assert row[:4] == [NAME, "Error", "node1", "Venice"]
    assert (await modules.get(NAME)).spec.log_level == "Error"


@pytest.mark.parametrize("where", ["--etcd", "--gateway"])
@pytest.mark.parametrize("command", ["list", "watch"])
async def test_a_place_that_is_away_is_unreachable(where: str, command: str) -> None:
    outcome = await corvo("modules", command, where, "http://127.0.0.1:1")
    assert (outcome.code, outcome.out) == (4, "")
    assert "127.0.0.1:1" in outcome.err


async def test_the_environment_names_the_place(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    option, url = place.options
    monkeypatch.setenv(f"CORVO_{option[2:].upper()}", url)
    assert json.loads((await corvo("modules", "get", NAME, "-o", "json")).out)["meta"]["name"] == NAME
