"""A service that stands for another process answers about that one alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.errors import AlreadyExists, ConfigError, RemoteError
from corvo_agent.sidecar.answers.service import answer_for_go, answer_for_process
from corvo_agent.sidecar.target.process import target_of_pid
from tests.profiles.spawn import load

from ..servers import Recorder, serving


@asynccontextmanager
async def asked(service: DiagnosticsService) -> AsyncIterator[DiagnosticsClient]:
    async with service, DiagnosticsServer([service]) as server, DiagnosticsClient(server.address) as client:
        yield client


def made() -> DiagnosticsService:
    return DiagnosticsService.with_defaults("pen-npm", "node1", log_file="/nowhere.log")


async def test_stats_and_profiles_are_those_of_the_process() -> None:
    service = made()
    with load("idle") as process:
        answer_for_process(service, target_of_pid(process.pid))
        async with asked(service) as client:
            facts = (await client.stats())["runtime"]
            assert facts["Pid"] == process.pid
            command = await client.profile("cmdline")
            assert b"loads.py" in command
            # Known, but nothing that can be seen from beside the process.
            with pytest.raises(RemoteError, match="of a foreign process"):
                await client.profile("heap")
    # Nothing is recorded of this process, which nobody asks about.
    assert service.recorders is None


async def test_a_service_stands_for_one_process() -> None:
    service = made()
    with load("idle") as process:
        find = target_of_pid(process.pid)
        answer_for_process(service, find)
        with pytest.raises(AlreadyExists):
            answer_for_process(service, find)


async def test_a_go_process_is_asked_itself() -> None:
    service = made()
    peer = Recorder(text='{"n": 1}')
    async with serving(peer) as url:
        answer_for_go(service, url)
        async with asked(service) as client:
            assert (await client.stats())["n"] == 1
            assert await client.profile("heap") == b'{"n": 1}'
    assert [each["path"] for each in peer.requests] == ["/debug/vars", "/debug/pprof/heap"]
    assert service.recorders is None


def test_what_is_no_url_is_refused_at_once() -> None:
    with pytest.raises(ConfigError):
        answer_for_go(made(), "not a url")
