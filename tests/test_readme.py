"""README and guides are true: examples run, tables of settings are complete, commands are what CI runs."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from corvo_agent.agent.settings import AGENT, AgentSettings
from corvo_agent.cli.settings.where import WHERE, Where
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.gateway.jwt_settings import JwtSettings
from corvo_agent.gateway.settings import GATEWAY, GatewaySettings
from corvo_agent.levels.filter import add_listener, remove_listener, reset_filter
from corvo_agent.levels.level import Level
from corvo_agent.levels.thresholds import Thresholds
from corvo_agent.modules import ModuleStore, key_of
from corvo_agent.modules.announcing.endpoint import decode_endpoint, endpoint_key
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.watching.watch import Watch
from corvo_agent.settings.etcd import EtcdSettings
from corvo_agent.settings.own_log import OwnLogSettings
from corvo_agent.settings.setting import settings_of
from corvo_agent.survival.settings import SurvivalSettings
from corvo_agent.writer.settings import WriterSettings
from tests.guides.text import README, block, table
from tests.stub.kit import runtime_folder, service

NAME = "node1-pen-spyglass"


class Levels:
    """Follows the levels of this process as structlog and loguru do, so that a level can be waited for."""

    def __init__(self) -> None:
        self._thresholds = Thresholds({})
        self._moved = asyncio.Event()

    def apply_levels(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._moved.set()

    async def wait_for(self, level: Level) -> None:
        while self._thresholds.of("") != level:
            self._moved.clear()
            await self._moved.wait()


@pytest.fixture
def levels() -> Iterator[Levels]:
    before = reset_filter(None)
    levels = Levels()
    add_listener(levels)
    yield levels
    remove_listener(levels)
    reset_filter(before)


def run(name: str, **replaced: str) -> dict[str, object]:
    """The names that an example defines, with texts in it replaced."""
    code = block(f"example: {name}")
    for old, new in replaced.items():
        code = code.replace(old, new)
    namespace: dict[str, object] = {}
    exec(compile(code, f"guides:{name}", "exec"), namespace)
    return namespace


SECTIONS = (
    AgentSettings,
    GatewaySettings,
    JwtSettings,
    WriterSettings,
    EtcdSettings,
    SurvivalSettings,
    OwnLogSettings,
    Where,
)


def settings_table(section: type[Any]) -> list[str]:
    """The lines that the reference has to have of the settings of ``section``."""
    lines = ["| option | variable | meaning | default |", "|---|---|---|---|"]
    for each in settings_of(section):
        default = f"`{each.shown_default}`" if each.shown_default else ""
        lines.append(f"| `--{each.option}` | `{each.variable}` | {each.help} | {default} |")
    return lines


@pytest.mark.parametrize("section", SECTIONS)
def test_the_tables_of_settings_are_those_of_the_programs(section: type[Any]) -> None:
    assert table(f"settings: {section.__name__}") == settings_table(section)


def test_the_file_of_settings_is_one_that_programs_read(tmp_path: Path) -> None:
    file = tmp_path / "corvo.toml"
    file.write_text(block("example: settings"))
    keys = {setting.option for section in SECTIONS for setting in settings_of(section)}
    for program in (AGENT, GATEWAY, WHERE):
        gathered = program.gather({}, {}, str(file), others=lambda: keys)
        assert gathered.section(EtcdSettings).urls == ("http://10.0.0.1:2379", "http://10.0.0.2:2379")
    assert GATEWAY.gather({}, {}, str(file), others=lambda: keys).section(GatewaySettings).max_staleness == 300.0


def test_the_test_command_is_there_for_ci_to_run() -> None:
    assert len(re.findall(r"<!-- command: test -->\n```sh\n[^\n]+\n```", README.read_text())) == 1


@pytest.mark.integration
async def test_the_agent_example_serves_and_follows_the_level(
    etcd: EmbeddedEtcd, levels: Levels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace = run("agent", **{"http://127.0.0.1:2379": etcd.endpoint})
    running = asyncio.ensure_future(namespace["main"]())  # type: ignore[operator]
    async with EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0)) as kv:
        async with Watch(kv, endpoint_key(NAME), exact=True) as watch:
            async for batch in watch:
                items = [change.item for change in batch.changes if change.item is not None]
                if items:
                    break
        async with DiagnosticsClient(decode_endpoint(items[-1]).address) as client:
            # It is announced a moment before it says so.
            async with aclosing(client.follow({"lines": "10"})) as batches:
                async for records in batches:
                    if "serving" in [record["msg"] for record in records]:
                        break
            await ModuleStore(kv).set_level(NAME, "Debug")
            await levels.wait_for(Level.DEBUG)
            assert (await client.stats("agent"))["agent"]["level"] == "Debug"
    running.cancel()
    await asyncio.wait({running})
    _close_root_handlers()


@pytest.mark.integration
async def test_the_start_example_makes_a_process_a_worker(etcd: EmbeddedEtcd, tmp_path: Path) -> None:
    code = block("example: start").replace("http://127.0.0.1:2379", etcd.endpoint).replace("/var/log", str(tmp_path))
    started = f"exec({code!r}); handle = npm; requests.add(3)"
    with runtime_folder() as folder:
        async with service(folder, {}, started) as running, DiagnosticsClient(await running.address()) as client:
            assert await client.stats("requests") == {"requests": 3}
            assert await client.action("drop-cache") == "dropped"


@pytest.mark.integration
async def test_the_pieces_example_serves_and_follows_the_level(
    etcd: EmbeddedEtcd, levels: Levels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_port: int
) -> None:
    monkeypatch.chdir(tmp_path)
    address = f"127.0.0.1:{own_port}"
    namespace = run("pieces", **{"http://127.0.0.1:2379": etcd.endpoint, "9011": str(own_port)})
    async with EtcdStore(EtcdOptions.from_urls(etcd.endpoint, call_timeout=30.0)) as kv:
        await kv.put(key_of(NAME), b'{"spec":{"log-level":"Error"}}')
    running = asyncio.ensure_future(namespace["serve"]())  # type: ignore[operator]
    await levels.wait_for(Level.ERROR)
    async with DiagnosticsClient(address) as client:
        assert "cpustats" in await client.stats()
    running.cancel()
    await asyncio.wait({running})


async def test_the_test_of_a_user_runs_without_etcd(tmp_path: Path) -> None:
    test = run("testing")["test_requests_are_published"]
    await test(tmp_path)  # type: ignore[operator]


SHOP = """
from dataclasses import dataclass

import betterproto


@dataclass(eq=False, repr=False)
class Basket(betterproto.Message):
    owner: str = betterproto.string_field(1)
    items: int = betterproto.int32_field(2)
"""


async def test_the_example_of_own_variables_actions_queries_and_messages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from corvo_agent.diagnostics.messages.payloads import decode_string
    from corvo_agent.diagnostics.server.server import DiagnosticsServer
    from corvo_agent.diagnostics.service import DiagnosticsService

    (tmp_path / "shop.py").write_text(SHOP)
    monkeypatch.syspath_prepend(tmp_path)
    namespace = run("own")
    diag = namespace["diag"]
    assert isinstance(diag, DiagnosticsService)
    async with diag, DiagnosticsServer([diag]) as server, DiagnosticsClient(server.address) as client:
        assert await client.stats("requests") == {"requests": 1}
        assert await client.action("list-objects", kind="Host") == '["Host-1"]'
        assert decode_string((await client.debug("Uptime")).value) == "since this morning"
        payload = await client.debug("Basket", {"owner": "me"})
        assert payload.type_url == "type.googleapis.com/shop.Basket"
        basket: Any = namespace["Basket"]
        assert basket().parse(payload.value) == basket(owner="me", items=3)
    monkeypatch.delitem(sys.modules, "shop")


def _close_root_handlers() -> None:
    import logging

    from corvo_agent.logs.writing.json_logging import JsonFileHandler

    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, JsonFileHandler):
            root.removeHandler(handler)
            handler.close()
