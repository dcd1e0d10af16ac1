"""What an agent says of its process can be dialled by others, and names the start of that process."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import psutil
import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.agent.announcement import announced, reachable_address, start_report
from corvo_agent.agent.options import AgentOptions
from corvo_agent.modules import MemoryStore, ServicePort, find_endpoint
from corvo_agent.modules.announcing.endpoint import endpoint_key
from corvo_agent.modules.announcing.lease import EndpointState
from corvo_agent.modules.announcing.place import Place, this_place
from corvo_agent.modules.watching.watch import Watch

NAME = "node1-pen-spyglass"


def test_it_names_this_process_its_place_and_its_start() -> None:
    endpoint = announced(AgentOptions(), "127.0.0.1:4711", "pen-spyglass")
    report = start_report(AgentOptions(), endpoint.address, "node1", "pen-spyglass", NAME)
    assert (endpoint.pid, endpoint.address) == (os.getpid(), "127.0.0.1:4711")
    assert endpoint.started == report.started > 0
    assert report.service_ports == (ServicePort("pen-spyglass", 4711),)


def test_without_proc_its_start_is_when_it_was_first_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "PROCFS_PATH", "/nowhere")
    endpoint = announced(AgentOptions(), "127.0.0.1:4711", "pen-spyglass")
    report = start_report(AgentOptions(), endpoint.address, "node1", "pen-spyglass", NAME)
    assert endpoint.started == report.started > 0


def test_what_is_advertised_comes_before_what_is_served() -> None:
    assert announced(AgentOptions(advertise="host:1"), "127.0.0.1:4711", "m1").address == "host:1"


async def test_an_address_that_others_can_dial_is_told_as_it_is() -> None:
    assert await reachable_address(AgentOptions(), "127.0.0.1:4711") == "127.0.0.1:4711"


async def test_it_announces_only_what_others_can_dial_and_where_that_is() -> None:
    kv = MemoryStore()
    options = AgentOptions(listen="0.0.0.0:0", insecure=True, reach=("127.0.0.1:2379",))
    async with Agent("pen-spyglass", node="node1", store=kv, options=options, apply_level=None) as agent:
        assert agent.endpoint is not None
        await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
        endpoint = await find_endpoint(kv, NAME)
        assert endpoint is not None
        assert endpoint.address == agent.address.replace("0.0.0.0", "127.0.0.1")
        assert Place(endpoint.host, endpoint.boot_id, endpoint.network_namespace) == this_place()


async def test_an_announcement_that_is_taken_away_is_made_again_at_once(tmp_path: Path) -> None:
    kv = MemoryStore()
    # Its lease is renewed after minutes only: it is the watch that tells.
    options = AgentOptions(lease_ttl=600.0)
    log_file = str(tmp_path / "spyglass.log")
    async with Agent("pen-spyglass", node="node1", store=kv, log_file=log_file, options=options) as agent:
        assert agent.endpoint is not None
        await agent.endpoint.wait_for(EndpointState.ANNOUNCED)
        async with Watch(kv, endpoint_key(agent.name), exact=True) as watch:
            assert len((await anext(watch)).changes) == 1
            await kv.delete(endpoint_key(agent.name))
            types: list[str] = []
            async with asyncio.timeout(60):
                while "Created" not in types:
                    types += [change.type.value for change in (await anext(watch)).changes]
        assert types[0] == "Deleted"
