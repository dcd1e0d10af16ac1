"""``corvo attach PID --as NAME --etcd URL``: a process is a Module for as long as the command lasts."""

from __future__ import annotations

import asyncio
from typing import Any

from ...agent.settings import ATTACH, AgentSettings
from ...errors import ConfigError, InvalidArgument, NotFound
from ...modules.names import validate_name
from ...modules.store import ModuleStore
from ...settings.etcd import EtcdSettings
from ...settings.program import Gathered
from ...settings.setting import settings_of
from ...sidecar.target.process import target_of_pid
from ...signals import end_signals
from ..show.output import note
from .beside import agent_beside

# Seconds between two looks whether the process still runs, and for taking the Module away.
_LOOK, _DELETE = 1.0, 10.0
#: Stands for the log of a process that has none: it is not found when it is asked for.
NO_LOG = "/nonexistent"


def stand_as(name: str, pid: int, log_file: str, gathered: Gathered, *, inject: bool) -> int | None:
    """Let process ``pid`` be the Module ``name`` until a signal comes or it has ended.

    A Module that was not there before is not there afterwards. Raises InvalidArgument for a name without a node,
    ConfigError without an etcd, and what an agent raises.
    """
    node, dash, module = validate_name(name, "--as").partition("-")
    if not dash or not module:
        raise InvalidArgument("--as", name, "must be NODE-MODULE, such as node1-shop")
    etcd = gathered.section(EtcdSettings)
    if not etcd.urls:
        raise ConfigError("etcd", None, "is missing: a Module is in one, --as needs --etcd URL")
    known = {each.option for each in ATTACH.settings}
    told: dict[str, Any] = {
        each.field: gathered.value(each.option) for each in settings_of(AgentSettings) if each.option in known
    }
    settings = AgentSettings(**{**told, "log_file": log_file}, module=module, node=node, name=name, pid=pid)
    is_new = asyncio.run(_is_new(etcd, name))
    try:
        with agent_beside(settings, etcd, inject=inject) as beside:
            note(f"process {pid} is the module {name}, at {beside.address}, until Ctrl-C")
            asyncio.run(_until_ended(pid))
    finally:
        if is_new:
            asyncio.run(_delete(etcd, name))
    return None


async def _until_ended(pid: int) -> None:
    asked, find = asyncio.Event(), target_of_pid(pid)
    with end_signals(asked.set):
        while not asked.is_set():
            try:
                async with asyncio.timeout(_LOOK):
                    await asked.wait()
            except TimeoutError:
                if find() is None:
                    note(f"process {pid} has ended")
                    return


def _store(etcd: EtcdSettings) -> ModuleStore:
    from ...agent.build import store_of

    store = store_of(etcd)
    assert store is not None  # there are URLs
    return ModuleStore.of(store)


async def _is_new(etcd: EtcdSettings, name: str) -> bool:
    async with _store(etcd) as store:
        try:
            await store.get(name)
        except NotFound:
            return True
    return False


async def _delete(etcd: EtcdSettings, name: str) -> None:
    async with _store(etcd) as store, asyncio.timeout(_DELETE):
        try:
            await store.delete(name)
        except NotFound:
            # It was taken away meanwhile.
            return
