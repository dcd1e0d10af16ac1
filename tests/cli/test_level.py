"""``corvo level``: what holds and why, and every way to change it, on a real etcd."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.errors import NotFound
from corvo_agent.levels import Level
from corvo_agent.logs.level_state import LevelSource
from corvo_agent.modules.model import LevelOverride, Module, ModuleSpec, ObjectMeta
from corvo_agent.modules.store import ModuleStore
from tests.cli.kit import Outcome, corvo
from tests.diagnostics.kit import until

NAME = "node1-pen-npm"
MINUTE = 60 * 10**9


@pytest.fixture
async def module(modules: ModuleStore) -> Module:
    return await modules.create(Module(ObjectMeta(name=NAME), ModuleSpec(log_level="Warn")))


@pytest.fixture
def endpoint(etcd: EmbeddedEtcd, module: Module) -> str:
    return etcd.endpoint


async def level(endpoint: str, *arguments: str) -> Outcome:
    return await corvo("level", NAME, *arguments, "--etcd", endpoint)


async def test_without_a_level_it_shows_what_holds_and_why(endpoint: str) -> None:
    outcome = await level(endpoint)
    assert (outcome.code, outcome.out) == (0, f"{NAME}: Warn (log-level)\n")


async def test_a_level_is_an_override_that_ends_after_ten_minutes(endpoint: str, modules: ModuleStore) -> None:
    before = time.time_ns()
    outcome = await level(endpoint, "Debug", "--reason", "slow searches")
    stored = (await modules.get(NAME)).spec
    assert outcome.code == 0
    assert stored.log_level == "Warn"
    assert stored.override is not None
    assert before + 10 * MINUTE <= stored.override.until <= time.time_ns() + 10 * MINUTE
    assert (stored.override.level, stored.override.reason) == ("Debug", "slow searches")
    assert re.fullmatch(r"[^@]+@[^@]+", stored.override.by)
    assert re.fullmatch(
        rf"{NAME}: Debug \(override by \S+, slow searches, ends in (9m\d+s|10m), then Warn\)\n", outcome.out
    )


async def test_the_person_says_how_long(endpoint: str, modules: ModuleStore) -> None:
    await level(endpoint, "debug", "--for", "1h30m")
    override = (await modules.get(NAME)).spec.override
    assert override is not None
    assert override.level == "debug"
    assert 89 * MINUTE < override.until - time.time_ns() <= 90 * MINUTE


async def test_a_kept_level_is_the_log_level_and_ends_an_override(endpoint: str, modules: ModuleStore) -> None:
    await level(endpoint, "Debug")
    outcome = await level(endpoint, "Error", "--keep")
    spec = (await modules.get(NAME)).spec
    assert (spec.log_level, spec.override) == ("Error", None)
    assert outcome.out == f"{NAME}: Error (log-level)\n"


async def test_an_override_is_ended_by_hand(endpoint: str, modules: ModuleStore) -> None:
    await level(endpoint, "Debug")
    outcome = await level(endpoint, "--clear")
    assert outcome.out == f"{NAME}: Warn (log-level)\n"
    assert (await modules.get(NAME)).spec.override is None


async def test_a_single_logger_has_a_level_until_it_is_taken_away(endpoint: str, modules: ModuleStore) -> None:
    outcome = await level(endpoint, "Debug", "--logger", "http", "--keep")
    assert outcome.out == f"{NAME}: Warn (log-level)\n  http: Debug\n"
    assert f"corvo level {NAME} --clear --logger http" in outcome.err
    assert (await modules.get(NAME)).spec.loggers == {"http": "Debug"}
    assert (await level(endpoint, "--clear", "--logger", "http")).out == f"{NAME}: Warn (log-level)\n"
    assert (await modules.get(NAME)).spec.loggers == {}


async def test_json_tells_all_of_it(endpoint: str, modules: ModuleStore) -> None:
    await modules.set_override(NAME, LevelOverride("Debug", 1_900_000_000 * 10**9, "kim@host", "why not"))
    assert (await level(endpoint, "-o", "json")).json == {
        "name": NAME,
        "level": "Debug",
        "source": "override",
        "until": "2030-03-17T17:46:40Z",
        "by": "kim@host",
        "reason": "why not",
        "log-level": "Warn",
    }


async def test_an_override_whose_time_is_over_counts_no_more(endpoint: str, modules: ModuleStore) -> None:
    await modules.set_override(NAME, LevelOverride("Debug", 1, "kim@host"))
    assert (await level(endpoint)).out == f"{NAME}: Warn (log-level)\n"


@pytest.mark.parametrize(
    "arguments",
    [
        "--for 10m",
        "--keep",
        "--logger http",
        "--reason x",
        "Debug --clear",
        "Debug --for 5m --keep",
        "Debug --logger http",
        "Debug --for 0",
        "Debug --for soon",
        "Loud",
    ],
)
async def test_what_does_not_go_together_is_refused_and_changes_nothing(
    endpoint: str, modules: ModuleStore, arguments: str
) -> None:
    before = await modules.get(NAME)
    outcome = await level(endpoint, *arguments.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err
    assert await modules.get(NAME) == before


async def test_an_unknown_module_is_not_found(etcd: EmbeddedEtcd) -> None:
    outcome = await level(etcd.endpoint, "Debug")
    assert (outcome.code, outcome.err) == (3, f"corvo: module {NAME} not found\n")


async def test_the_agent_itself_is_asked_at_its_address(agent: Agent) -> None:
    await until(lambda: agent.level.source is LevelSource.LOG_LEVEL)
    outcome = await corvo("level", NAME, "--address", agent.address)
    assert (outcome.code, outcome.out) == (0, f"{NAME}: Info (log-level)\n")


async def test_a_change_needs_etcd(agent: Agent) -> None:
    outcome = await corvo("level", NAME, "Debug", "--address", agent.address)
    assert outcome.code == 2
    assert "--etcd" in outcome.err


async def test_a_change_reaches_the_agent(agent: Agent, etcd: EmbeddedEtcd) -> None:
    await level(etcd.endpoint, "Error", "--keep")
    await until(lambda: agent.level.level is Level.ERROR)
    assert (await corvo("level", NAME, "--address", agent.address)).out == f"{NAME}: Error (log-level)\n"


async def test_a_wrong_password_file_is_named(tmp_path: Path) -> None:
    outcome = await corvo("level", NAME, "--etcd", "http://127.0.0.1:1", "--etcd-password-file", str(tmp_path / "none"))
    assert outcome.code == 2
    assert "--etcd-password-file: No such file" in outcome.err


async def test_no_module_is_made_by_looking(etcd: EmbeddedEtcd, modules: ModuleStore) -> None:
    await level(etcd.endpoint)
    with pytest.raises(NotFound):
        await modules.get(NAME)
