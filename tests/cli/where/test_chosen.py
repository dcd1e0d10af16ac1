"""Every command that takes the names of modules takes them in the same way: the table of all of them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import click
import pytest
import pytest_asyncio

from corvo_agent.agent.agent import Agent
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.announcing.lease import EndpointState
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from corvo_agent.modules.model import Module, ObjectMeta
from corvo_agent.modules.store import ModuleStore
from tests.cli.conftest import created
from tests.cli.kit import corvo
from tests.cli.test_main import COMMANDS

# What takes several modules, and what stands behind their names. Deleting comes last.
SEVERAL: dict[str, tuple[str, ...]] = {
    "ls": (),
    "errors": ("--since", "2026-11-20T00:00:00Z"),
    "logs": ("-n", "1"),
    "stats": ("agent",),
    "stacks": (),
    "blocked": ("--seconds", "0.05"),
    "memory": ("--top", "1"),
    "profile": ("cmdline",),
    "top": ("--once", "--no-profile"),
    "history": (),
    "bundle": ("--cpu", "0", "--profile", "cmdline", "-o", "bundle.tar.gz"),
    "level": (),
    "modules get": (),
    "modules label": ("seen=yes", "--yes"),
    "modules delete": ("--yes",),
}
# What does not end by itself, and waits for a module that is not there yet.
WATCHING = {"modules watch"}
# What is for one module, and what its help says about that.
ONE = {"action": "In one module at a time", "modules edit": "One at a time", "doctor": "the module NAME"}
# Names of other things, and of what is yet to be.
OTHERS = {"guide", "context use", "context add", "modules create"}

MAIL, NPM = "node2-mail", "node1-pen-npm"


@pytest_asyncio.fixture
async def fleet(etcd: EmbeddedEtcd, agent: Agent, modules: ModuleStore, log_file: Path) -> AsyncIterator[None]:
    """Two modules with agents, which have a label, and two without that run the same service."""
    service = DiagnosticsService.with_defaults("mail", "node2", log_file=str(log_file))
    store = EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0))
    for name in ("node3-web", "node4-web"):
        await modules.create(Module(ObjectMeta(name=name)))
    async with Agent("mail", node="node2", store=store, service=service, apply_level=None) as second:
        assert second.endpoint is not None
        await second.endpoint.wait_for(EndpointState.ANNOUNCED)
        await created(modules, second.name)
        for name in (agent.name, second.name):
            await modules.modify(name, lambda module: module.with_meta(labels={"team": "net"}))
        yield


def test_every_command_that_takes_a_name_is_in_the_table() -> None:
    taking = {
        name
        for name, command in COMMANDS.items()
        for each in command.params
        if isinstance(each, click.Argument) and "NAME" in (each.metavar or each.name or "").upper()
    }
    assert taking == SEVERAL.keys() | WATCHING | ONE.keys() | OTHERS


@pytest.mark.parametrize("name", [*SEVERAL, *WATCHING])
def test_those_that_take_several_take_selectors_too(name: str) -> None:
    options = {option for each in COMMANDS[name].params for option in each.opts}
    assert {"-A", "-l", "--field-selector"} <= options


@pytest.mark.parametrize("name", ONE)
def test_those_that_take_one_say_so(name: str) -> None:
    assert ONE[name] in " ".join((COMMANDS[name].help or "").split())


@pytest.mark.usefixtures("fleet")
async def test_several_by_service_by_pattern_and_by_selector(
    etcd: EmbeddedEtcd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, behind in SEVERAL.items():
        ways = [("mail", "node1-p*"), ("-l", "team=net")]
        # Nothing is left for the second way then.
        for way in ways[: 1 if name == "modules delete" else 2]:
            outcome = await corvo(*name.split(), *way, *behind, "--etcd", etcd.endpoint)
            said = outcome.out + outcome.err
            assert outcome.code == 0, (name, way, said)
            assert NPM in said or name in ("history", "bundle"), (name, way, said)
            assert ("mail is node2-mail" in outcome.err) == (way[0] == "mail"), (name, way, said)
            assert "web" not in said, (name, way, said)


@pytest.mark.usefixtures("fleet")
async def test_what_may_mean_several_is_a_list_and_what_means_none_leads_to_what_is_like_it(
    etcd: EmbeddedEtcd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    behind = SEVERAL | {"action": ("list",), "doctor": (), "modules edit": ()}
    for name, words in behind.items():
        ambiguous = await corvo(*name.split(), "web", *words, "--etcd", etcd.endpoint)
        said = ambiguous.out + ambiguous.err
        assert "2 modules have a service of that name: node3-web, node4-web" in said, (name, said)
        assert ambiguous.code == (1 if name == "doctor" else 2), (name, said)
        unknown = await corvo(*name.split(), "node2-mial", *words, "--etcd", etcd.endpoint)
        said = unknown.out + unknown.err
        assert "no module is called node2-mial. Did you mean node2-mail?" in said, (name, said)
        assert unknown.code == (1 if name == "doctor" else 3) or name == "history", (name, said)
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".tar.gz")]


@pytest.mark.usefixtures("fleet")
async def test_the_form_of_what_programs_read_hangs_on_what_was_typed(etcd: EmbeddedEtcd) -> None:
    one = await corvo("stats", "mail", "agent", "-o", "json", "--etcd", etcd.endpoint)
    assert one.json["name"] == MAIL
    pattern = await corvo("stats", "*mail", "agent", "-o", "json", "--etcd", etcd.endpoint)
    assert pattern.json[MAIL]["name"] == MAIL
    both = await corvo("level", MAIL, NPM, "Debug", "--for", "1m", "--yes", "--no-wait", "--etcd", etcd.endpoint)
    assert (both.code, both.out.count("Debug (override")) == (0, 2), both.err
    wrong = await corvo("level", MAIL, "Debgu", "--etcd", etcd.endpoint)
    assert (wrong.code, "unknown level" in wrong.err) == (2, True), wrong.err
