"""``corvo level``: what holds and why, and every way to change it, on a real etcd."""

from __future__ import annotations

import io
import logging
import re
import time
from pathlib import Path

import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.build import build_agent
from corvo_agent.agent.settings import AgentSettings
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.errors import NotFound
from corvo_agent.levels.level import Level
from corvo_agent.levels.state import LevelState
from corvo_agent.modules import Control, ControlStore
from corvo_agent.modules.announcing.lease import EndpointState
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.model import Module, ModuleSpec, ObjectMeta
from corvo_agent.modules.names import key_of
from corvo_agent.modules.store import ModuleStore
from corvo_agent.settings.etcd import EtcdSettings
from tests.cli.kit import Outcome, corvo
from tests.cli.place import Place
from tests.diagnostics.kit import until
from tests.levels.kit import untouched_levels

NAME = "node1-pen-npm"
MINUTE = 60 * 10**9


@pytest.fixture
async def module(modules: ModuleStore) -> Module:
    return await modules.create(Module(ObjectMeta(name=NAME), ModuleSpec(log_level="Warn")))


@pytest.fixture
async def there(place: Place, module: Module) -> Place:
    """A place that knows the module."""
    await place.knows(module.revision)
    return place


async def level(there: Place, *arguments: str) -> Outcome:
    return await there.corvo("level", NAME, *arguments)


async def test_without_a_level_it_shows_what_holds_and_why(there: Place) -> None:
    outcome = await level(there)
    assert (outcome.code, outcome.out) == (0, f"{NAME}: Warn (log-level)\n")


async def change(there: Place, *arguments: str) -> Outcome:
    """As ``level``; there is no agent to wait for."""
    return await level(there, *arguments, "--no-wait")


async def controls(modules: ModuleStore) -> tuple[Control, ...]:
    return await ControlStore(modules.kv).list(NAME)


async def test_a_level_is_an_override_that_ends_after_ten_minutes(
    there: Place, modules: ModuleStore, module: Module
) -> None:
    before = time.time_ns()
    outcome = await change(there, "Debug", "--reason", "slow searches")
    (control,) = await controls(modules)
    assert outcome.code == 0
    assert await modules.get(NAME) == module, "the Module itself is untouched"
    # etcd tells its time in whole seconds.
    assert before + 10 * MINUTE - 10**9 <= control.until <= time.time_ns() + 10 * MINUTE + 10**9
    assert (control.level, control.logger, control.reason) == ("Debug", "", "slow searches")
    assert re.fullmatch(r"[^@]+@[^@]+", control.by)
    assert re.fullmatch(
        rf"{NAME}: Debug \(override by \S+, slow searches, ends in (9m\d+s|10m), then Warn\)\n", outcome.out
    )


async def test_the_person_says_how_long(there: Place, modules: ModuleStore) -> None:
    await change(there, "debug", "--for", "1h30m", "--scope", "shop,core")
    (control,) = await controls(modules)
    assert (control.level, control.scope) == ("debug", ("shop", "core"))
    assert 89 * MINUTE < control.until - time.time_ns() <= 91 * MINUTE


async def test_a_kept_level_is_the_log_level_and_ends_an_override(there: Place, modules: ModuleStore) -> None:
    await change(there, "Debug")
    outcome = await change(there, "Error", "--keep")
    # Where no agent of ours is, levels are written as a process of the original reads them.
    assert ((await modules.get(NAME)).spec.log_level, await controls(modules)) == ("error", ())
    assert outcome.out == f"{NAME}: Error (log-level)\n"


async def test_an_override_is_ended_by_hand(there: Place, modules: ModuleStore) -> None:
    await change(there, "Debug")
    outcome = await change(there, "--clear")
    assert outcome.out == f"{NAME}: Warn (log-level)\n"
    assert await controls(modules) == ()


async def test_as_configured_takes_level_and_override_away(there: Place, modules: ModuleStore) -> None:
    await change(there, "Debug")
    outcome = await change(there, "--as-configured")
    assert (outcome.code, outcome.out) == (0, f"{NAME}: as-configured (default)\n")
    assert (await modules.get(NAME)).spec == ModuleSpec()
    assert await controls(modules) == ()
    assert (await level(there, "Debug", "--as-configured")).code == 2
    assert ", then as-configured)" in (await change(there, "Debug")).out


async def test_why_asks_the_agent_what_keeps_lines_from_coming(
    place: Place, etcd: EmbeddedEtcd, modules: ModuleStore, log_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = logging.StreamHandler()
    handler.setLevel(logging.ERROR)
    monkeypatch.setattr(logging.root, "handlers", [handler])
    store = EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0))
    await modules.create(Module(ObjectMeta(name=NAME), ModuleSpec(log_level="Debug")))
    with untouched_levels():
        logging.getLogger("asyncio.sub").setLevel(logging.NOTSET)
        async with Agent("pen-npm", node="node1", store=store, log_file=str(log_file)) as agent:
            assert agent.endpoint is not None
            await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
            await until(lambda: agent.level.level is Level.DEBUG)
            await place.knows((await modules.get(NAME)).revision)
            outcome = await place.corvo("level", NAME, "--why")
            assert outcome.code == 0, outcome.err
            first, libraries, *blockers = outcome.out.splitlines()
            assert first == f"{NAME}: Debug (log-level)"
            assert "asyncio" in libraries
            assert "  in the way: StreamHandler of logger root takes nothing below ERROR" in blockers
            assert (await place.corvo("level", NAME, "--why", "-o", "json")).json["blockers"]
            # Set, or looked at while it is Debug, a level says so beside its answer.
            for words in (("Debug",), ()):
                outcome = await place.corvo("level", NAME, *words)
                assert "in the way: StreamHandler of logger root takes nothing below ERROR" in outcome.err
                assert "libraries stay at Info: " in outcome.err
    assert (await place.corvo("level", NAME, "Debug", "--why")).code == 2


async def test_a_level_is_set_where_there_is_no_agent_and_that_is_said(there: Place, modules: ModuleStore) -> None:
    outcome = await level(there, "Debug", "--wait", "0.3s")
    assert outcome.code == 4
    assert outcome.out.startswith(f"{NAME}: Debug (override by ")
    assert f"the agent of {NAME} is unavailable: it has not announced itself" in outcome.err
    assert len(await controls(modules)) == 1


async def test_it_waits_until_the_level_is_in_force(
    place: Place, etcd: EmbeddedEtcd, modules: ModuleStore, log_file: Path
) -> None:
    store = EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0))
    states: list[LevelState] = []
    async with Agent("pen-npm", node="node1", store=store, log_file=str(log_file), apply_level=states.append) as agent:
        assert agent.endpoint is not None
        await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
        await until(lambda: bool(agent.watcher and agent.watcher.module))
        for words, holds in (
            (("Debug",), Level.DEBUG),
            (("Error", "--keep"), Level.ERROR),
            (("Debug", "--logger", "http", "--for", "10m"), Level.ERROR),
        ):
            outcome = await place.corvo("level", NAME, *words, "--wait", "30s")
            assert (outcome.code, outcome.err.count("not said")) == (0, 0), outcome.err
            assert states[-1].level is holds
        assert states[-1].loggers == {"http": Level.DEBUG}
        assert re.fullmatch(rf"{NAME}: Error \(log-level\)\n  http: Debug \(ends in (9m\d+s|10m)\)\n", outcome.out)
        assert (await place.corvo("level", NAME, "--clear", "--logger", "http", "--wait", "30s")).code == 0
        assert states[-1].loggers == {}
        assert (await place.corvo("level", NAME, "-o", "json")).json["in-force"] is True


async def test_a_level_that_a_process_does_not_take_is_a_failure(
    place: Place, etcd: EmbeddedEtcd, modules: ModuleStore, log_file: Path
) -> None:
    config = AgentSettings(module="pen-npm", node="node1", log_file=str(log_file), level_hook="exec:/bin/false")
    await modules.create(Module(ObjectMeta(name=NAME)))
    async with build_agent(config, EtcdSettings((etcd.endpoint,))) as agent:
        assert agent.endpoint is not None
        await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
        outcome = await place.corvo("level", NAME, "Debug", "--wait", "3s")
        assert outcome.code == 1
        assert re.search(rf"Debug is not in force in {NAME}, as-configured is in force: .*false", outcome.err)
        shown = await place.corvo("level", NAME)
        assert "\n  in force: as-configured; " in shown.out
        await place.finds(NAME)
        (row,) = (await place.corvo("modules", "list", "-o", "json")).json
        assert row["applied"]["wanted"] == "Debug"


async def test_a_sidecar_without_a_hook_says_what_the_level_does(agent: Agent, place: Place) -> None:
    outcome = await place.corvo("level", NAME, "Error", "--wait", "30s")
    assert outcome.code == 0
    assert f"{NAME} has no level hook: the level only chooses which lines are shown" in outcome.err


async def test_a_sidecar_cannot_say_why(agent: Agent) -> None:
    outcome = await corvo("level", NAME, "--why", "--address", agent.address)
    assert outcome.code == 3
    assert "its agent does not set the levels inside the process" in outcome.err


async def test_a_single_logger_has_a_level_until_it_is_taken_away(there: Place, modules: ModuleStore) -> None:
    outcome = await change(there, "Debug", "--logger", "http", "--keep")
    assert outcome.out == f"{NAME}: Warn (log-level)\n  http: Debug\n"
    assert f"corvo level {NAME} --clear --logger http" in outcome.err
    assert [(each.level, each.logger, each.until) for each in await controls(modules)] == [("Debug", "http", 0)]
    assert (await change(there, "--clear", "--logger", "http")).out == f"{NAME}: Warn (log-level)\n"
    assert await controls(modules) == ()


async def test_what_an_older_version_left_is_passed_over(place: Place, modules: ModuleStore) -> None:
    old = b'{"spec":{"log-level":"Warn","override":{"level":"Debug"},"loggers":{"a":"Error"}}}'
    await place.knows(await modules.kv.put(key_of(NAME), old))
    assert (await level(place)).out == f"{NAME}: Warn (log-level)\n"
    assert (await change(place, "Error", "--keep")).code == 0
    item = await modules.kv.get(key_of(NAME))
    assert item is not None
    assert b'"override":{"level":"Debug"}' in item.value


async def test_json_tells_all_of_it(there: Place, modules: ModuleStore) -> None:
    control = Control("Debug", 1_900_000_000 * 10**9, by="kim@host", reason="why not")
    await ControlStore(modules.kv).put(NAME, control)
    assert (await level(there, "-o", "json")).json == {
        "name": NAME,
        "level": "Debug",
        "source": "override",
        "until": "2030-03-17T17:46:40Z",
        "by": "kim@host",
        "reason": "why not",
        "then": "Warn",
        "log-level": "Warn",
    }


async def test_an_override_whose_time_is_over_counts_no_more(there: Place, modules: ModuleStore) -> None:
    await ControlStore(modules.kv).put(NAME, Control("Debug", 1, by="kim@host"))
    assert (await level(there)).out == f"{NAME}: Warn (log-level)\n"


@pytest.mark.parametrize(
    "arguments",
    [
        "--for 10m",
        "--keep",
        "--logger http",
        "--reason x",
        "Debug --clear",
        "Debug --for 5m --keep",
        "Debug --logger -x",
        "Debug --logger=",
        "--clear --logger=",
        "Debug --keep --scope all",
        "Debug --scope a,,b",
        "Debug --wait soon",
        "Debug --for 0",
        "Debug --for soon",
        "Debug --for 99999999999h",
        "Loud",
    ],
)
async def test_what_does_not_go_together_is_refused_and_changes_nothing(
    there: Place, modules: ModuleStore, arguments: str
) -> None:
    before = await modules.get(NAME)
    outcome = await level(there, *arguments.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err
    assert await modules.get(NAME) == before


async def test_an_unknown_module_is_not_found(place: Place) -> None:
    outcome = await level(place, "Debug")
    assert (outcome.code, outcome.err) == (3, f"corvo: module {NAME} not found\n")


async def test_the_agent_itself_is_asked_at_its_address(agent: Agent) -> None:
    outcome = await corvo("level", NAME, "--address", agent.address)
    assert (outcome.code, outcome.out) == (0, f"{NAME}: as-configured (default)\n")


async def test_a_change_needs_etcd(agent: Agent) -> None:
    outcome = await corvo("level", NAME, "Debug", "--address", agent.address)
    assert outcome.code == 2
    assert "--etcd" in outcome.err


async def test_a_change_reaches_the_agent(agent: Agent, place: Place) -> None:
    await level(place, "Error", "--keep")
    await until(lambda: agent.level.level is Level.ERROR)
    assert (await corvo("level", NAME, "--address", agent.address)).out == f"{NAME}: Error (log-level)\n"


async def test_a_wrong_password_file_is_named(tmp_path: Path) -> None:
    outcome = await corvo("level", NAME, "--etcd", "http://127.0.0.1:1", "--etcd-password-file", str(tmp_path / "none"))
    assert outcome.code == 2
    assert "--etcd-password-file: No such file" in outcome.err


async def test_no_module_is_made_by_looking(place: Place, modules: ModuleStore) -> None:
    await level(place)
    with pytest.raises(NotFound):
        await modules.get(NAME)


async def test_selectors_choose_several(there: Place, modules: ModuleStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    other = await modules.create(Module(ObjectMeta(name="node2-pen-npm"), ModuleSpec(log_level="Warn")))
    await there.knows(other.revision)
    chosen = ("--field-selector", "spec.log-level=Warn")
    shown = await there.corvo("level", *chosen)
    assert shown.out == f"{NAME}: Warn (log-level)\nnode2-pen-npm: Warn (log-level)\n"
    refused = await there.corvo("level", *chosen, "Debug", "--keep")
    assert (refused.code, "give --yes" in refused.err) == (2, True)
    done = await there.corvo("level", *chosen, "Debug", "--keep", "--yes", "-o", "json", "--no-wait")
    assert (done.code, [each["level"] for each in done.json]) == (0, ["Debug", "Debug"])
    assert {each.spec.log_level for each in (await modules.list()).modules} == {"debug"}
    assert (await there.corvo("level", *chosen)).code == 3
    assert (await there.corvo("level", NAME, "Debug", *chosen)).code == 2
    assert (await there.corvo("level")).code == 2


@pytest.mark.parametrize("output", ["yaml", "table", "text"])
async def test_every_form_tells_the_level(there: Place, output: str) -> None:
    outcome = await level(there, "-o", output)
    assert (outcome.code, "Warn" in outcome.out, NAME in outcome.out) == (0, True, True)


BAD = b'{"spec":{"log-level":"loud"},"status":{"node":"node3"}}'


async def test_a_mistyped_level_is_told_and_mended(place: Place, modules: ModuleStore) -> None:
    await place.knows(await modules.kv.put(key_of("node3-bad"), BAD))
    shown = await place.corvo("level", "node3-bad")
    assert shown.code == 0
    assert shown.out.startswith("node3-bad: invalid (spec.log-level: unknown level, got 'loud'")
    assert "the agent keeps the level that it had" in shown.out
    # No agent would follow it, whatever is set beside the mistake.
    for wish in (("Debug",), ("Debug", "--logger", "http", "--keep")):
        refused = await place.corvo("level", "node3-bad", *wish)
        assert (refused.code, refused.out) == (1, "")
        assert "mend it first: corvo level node3-bad Info --keep" in refused.err
    mended = await place.corvo("level", "node3-bad", "Info", "--keep", "--no-wait")
    assert (mended.code, mended.out) == (0, "node3-bad: Info (log-level)\n")
    assert (await modules.get("node3-bad")).invalid == ""
    await place.knows(await modules.kv.put(key_of("node3-bad"), BAD))
    assert (await place.corvo("level", "node3-bad", "--as-configured", "--no-wait")).code == 0
    found = await modules.get("node3-bad")
    assert (found.invalid, found.spec.log_level, found.status.node) == ("", "", "node3")


async def test_a_number_without_a_unit_is_asked_what_it_means() -> None:
    outcome = await corvo("level", "mail", "Debug", "--for", "10")
    assert outcome.code == 2
    assert "--for: 10 of what? Say 10s, 10m or 10h" in outcome.err
