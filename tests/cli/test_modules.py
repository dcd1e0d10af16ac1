"""``corvo modules``: the objects in a real etcd."""

from __future__ import annotations

import io
import json

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.cli.modules import show_change
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.kv import Change, ChangeType
from corvo_agent.modules.model import LevelOverride, Module, ModuleSpec, ModuleStatus, ObjectMeta
from corvo_agent.modules.names import key_of
from corvo_agent.modules.store import ModuleStore
from tests.cli.kit import Outcome, Stream, corvo

NAME = "node1-pen-npm"


@pytest.fixture
async def endpoint(etcd: EmbeddedEtcd, modules: ModuleStore) -> str:
    for number in (1, 2):
        status = ModuleStatus(f"node{number}", "pen-npm", "Venice", last_start=10**18, restart_count=number)
        await modules.create(Module(ObjectMeta(name=f"node{number}-pen-npm"), ModuleSpec(log_level="Warn"), status))
    return etcd.endpoint


async def on(endpoint: str, *arguments: str) -> Outcome:
    return await corvo("modules", *arguments, "--etcd", endpoint)


async def test_list_shows_each_with_the_level_that_holds(endpoint: str, modules: ModuleStore) -> None:
    await modules.set_override(NAME, LevelOverride("Debug"))
    outcome = await on(endpoint, "list")
    assert outcome.code == 0
    assert outcome.rows == [
        [NAME, "Debug*", "node1", "Venice", "1", "2001-09-09T01:46:40Z"],
        ["node2-pen-npm", "Warn", "node2", "Venice", "2", "2001-09-09T01:46:40Z"],
    ]


async def test_list_as_json_is_a_list_of_objects(endpoint: str) -> None:
    assert [each["meta"]["name"] for each in (await on(endpoint, "list", "-o", "json")).json] == [NAME, "node2-pen-npm"]


async def test_what_cannot_be_read_is_said_and_left_out(endpoint: str, modules: ModuleStore) -> None:
    await modules.kv.put(key_of("node3-bad"), b"not json")
    outcome = await on(endpoint, "list")
    assert len(outcome.rows) == 2
    assert "left out" in outcome.err
    assert "node3-bad" in outcome.err


async def test_get_shows_one(endpoint: str) -> None:
    assert (await on(endpoint, "get", NAME, "-o", "json")).json["spec"] == {"log-level": "Warn"}
    rows = dict((await on(endpoint, "get", NAME)).rows)
    assert (rows["spec.log-level"], rows["status.node"]) == ("Warn", "node1")
    assert (await on(endpoint, "get", "nobody")).code == 3


async def test_create_and_delete(endpoint: str, modules: ModuleStore) -> None:
    outcome = await on(endpoint, "create", "node3-x", "--level", "Error", "--node", "node3", "--module", "x")
    assert outcome.code == 0
    assert "node3-x is created" in outcome.err
    created = await modules.get("node3-x")
    assert (created.spec.log_level, created.status.node, created.status.module) == ("Error", "node3", "x")
    assert (await on(endpoint, "create", "node3-x")).code == 1
    assert (await on(endpoint, "delete", "node3-x")).err == "node3-x is deleted\n"
    assert (await on(endpoint, "delete", "node3-x")).code == 3


@pytest.mark.parametrize("arguments", ["x --level Loud", "bad/name", "-x"])
async def test_what_no_module_can_be_is_refused(endpoint: str, arguments: str) -> None:
    assert (await on(endpoint, "create", *arguments.split())).code == 2


async def test_several_are_deleted_only_when_the_person_means_it(
    endpoint: str, modules: ModuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    names = (NAME, "node2-pen-npm")
    refused = await on(endpoint, "delete", *names)
    assert (refused.code, "give --yes" in refused.err) == (2, True)
    assert (await on(endpoint, "delete", *names, "--yes")).code == 0
    assert (await modules.list()).modules == ()


async def test_labels_are_set_and_taken_away(endpoint: str, modules: ModuleStore) -> None:
    assert (await on(endpoint, "label", NAME, "team=net", "tier=1")).out == "team=net tier=1\n"
    assert (await on(endpoint, "label", NAME, "team-", "tier=2")).out == "tier=2\n"
    assert (await modules.get(NAME)).meta.labels == {"tier": "2"}
    assert (await on(endpoint, "label", NAME, "nonsense")).code == 2


async def test_an_agent_makes_its_module(agent: Agent, etcd: EmbeddedEtcd) -> None:
    row = (await on(etcd.endpoint, "list")).rows[0]
    assert row[:4] == [NAME, "Info", "node1", "Venice"]


async def test_etcd_away_is_unreachable() -> None:
    outcome = await on("http://127.0.0.1:1", "list")
    assert (outcome.code, outcome.out) == (4, "")


async def test_without_etcd_it_says_so() -> None:
    assert (await corvo("modules", "list")).err == "corvo: etcd: give --etcd URL or CORVO_ETCD\n"


async def test_the_environment_names_etcd(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORVO_ETCD", endpoint)
    assert json.loads((await corvo("modules", "get", NAME, "-o", "json")).out)["meta"]["name"] == NAME


async def test_a_change_is_shown_on_one_line(modules: ModuleStore, capsys: pytest.CaptureFixture[str]) -> None:
    created = await modules.create(Module(ObjectMeta(name=NAME), ModuleSpec(log_level="Warn")))
    change = Change(ChangeType.CREATED, key_of(NAME), created.revision, await modules.kv.get(key_of(NAME)))
    show_change(change, "text")
    assert capsys.readouterr().out == f"Created  {NAME} Warn revision {created.revision}\n"
    show_change(change, "json")
    line = json.loads(capsys.readouterr().out)
    assert (line["type"], line["object"]["meta"]["name"]) == ("Created", NAME)


async def test_a_change_that_cannot_be_read_is_said(modules: ModuleStore, capsys: pytest.CaptureFixture[str]) -> None:
    revision = await modules.kv.put(key_of("bad"), b"no json")
    show_change(Change(ChangeType.UPDATED, key_of("bad"), revision, await modules.kv.get(key_of("bad"))), "text")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"{key_of('bad')} at revision {revision}" in shown.err


def test_a_deletion_whose_object_is_not_known_has_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    show_change(Change(ChangeType.DELETED, key_of(NAME), 7, None), "text")
    assert capsys.readouterr().out == f"Deleted  {NAME} Info revision 7\n"


async def test_at_a_terminal_several_are_deleted_after_a_yes(
    endpoint: str, modules: ModuleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Stream(terminal=True)
    answer.write("n\n")
    answer.seek(0)
    monkeypatch.setattr("sys.stdin", answer)
    refused = await on(endpoint, "delete", NAME, "node2-pen-npm")
    assert refused.code == 130
    assert "Delete 2 modules?" in refused.err
    assert len((await modules.list()).modules) == 2
