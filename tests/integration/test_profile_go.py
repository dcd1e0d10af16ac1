"""A sidecar of a real Go program: its profiles come through byte for byte, and its variables as they are written."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from corvo_agent.agent.build import build_agent
from corvo_agent.agent.settings import AgentSettings
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.messages.payloads import decode_profile, decode_stats
from corvo_agent.errors import Unavailable
from corvo_agent.profiles.pprof.reader import decode
from tests.kept_ports import kept_ports
from tests.sidecar.servers import serving
from tests.world.machine import needs

from .go_tools import build, object_cache, pprof

# Building the program takes half a minute, and minutes on a busy machine.
pytestmark = [pytest.mark.integration, pytest.mark.timeout(600), needs("python")]


@pytest.fixture(scope="module")
def go_url(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("go")
    program = build(folder, object_cache(request.config, folder / "cache"))
    with subprocess.Popen([program], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield f"http://{process.stdout.readline().decode().strip()}"
        finally:
            process.kill()


@dataclass(slots=True)
class Recorder:
    """Stands before the Go process and keeps what it answered."""

    go_url: str
    url: str = ""
    answers: list[bytes] = field(default_factory=list)

    async def __call__(self, request: web.Request) -> web.Response:
        """Pass one request on."""
        async with aiohttp.ClientSession() as session, session.get(self.go_url + request.path_qs) as response:
            self.answers.append(await response.read())
            return web.Response(body=self.answers[-1], status=response.status)


@pytest.fixture
async def recorder(go_url: str) -> AsyncIterator[Recorder]:
    recorder = Recorder(go_url)
    async with serving(recorder) as recorder.url:
        yield recorder


@pytest.fixture
async def client(recorder: Recorder) -> AsyncIterator[DiagnosticsClient]:
    """Of an agent beside the Go process."""
    async with (
        build_agent(AgentSettings(module="app", node="node1", go_pprof=recorder.url)) as agent,
        DiagnosticsClient(agent.address) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("kind", "seconds", "sample_type"),
    [
        ("profile", 1, "cpu"),
        ("goroutine", None, "goroutine"),
        ("heap", None, "inuse_space"),
        ("allocs", None, "alloc_space"),
        ("block", None, "delay"),
        ("mutex", None, "delay"),
        ("threadcreate", None, "threadcreate"),
        ("heap", 1, "inuse_space"),
    ],
)
async def test_every_kind_comes_through_byte_for_byte_and_opens_in_pprof(
    client: DiagnosticsClient, recorder: Recorder, kind: str, seconds: float | None, sample_type: str, tmp_path: Path
) -> None:
    answer = await client.profile(kind, seconds)
    assert [answer] == recorder.answers
    profile = decode(answer)
    assert sample_type in {each.type for each in profile.sample_types}
    report = pprof(tmp_path, answer, "-top", f"-sample_index={sample_type}")
    assert f"Type: {sample_type}" in report
    if kind == "profile":
        assert "main.burn" in report
        assert any(frame.function == "main.burn" for each in profile.samples for frame in each.stack)


async def test_what_is_no_profile_comes_through_byte_for_byte(client: DiagnosticsClient, recorder: Recorder) -> None:
    trace = await client.profile("trace", 1)
    assert trace.startswith(b"go 1.")
    command_line = await client.profile("cmdline")
    assert command_line.endswith(b"/app")
    text = decode_profile((await client.debug("Profile", {"profile": "goroutine", "debug": "2"})).value)
    assert text.startswith(b"goroutine ")
    assert [trace, command_line, text] == recorder.answers


async def test_its_expvars_are_the_stats(client: DiagnosticsClient, recorder: Recorder) -> None:
    everything = decode_stats((await client.debug("Stats")).value)
    (answer,) = recorder.answers
    assert {"cmdline", "memstats", "requests"} <= everything.keys()
    assert json.loads(everything["memstats"])["NumGC"] >= 0
    for name in json.loads(answer):
        assert f'"{name}": {everything[name]}'.encode() in answer
    # What the sidecar has to say of itself stands beside it.
    assert everything.keys() - json.loads(answer).keys() == {"agent", "process"}
    assert int((await client.stats("requests"))["requests"]) > 0


async def test_the_process_is_known_by_where_it_listens(go_url: str) -> None:
    async with (
        build_agent(AgentSettings(module="app", node="node1", go_pprof=go_url)) as agent,
        DiagnosticsClient(agent.address) as client,
    ):
        while not (told := (await client.stats("process"))["process"])["pid"]:
            pass
        assert os.readlink(f"/proc/{told['pid']}/exe").endswith("/app")


async def test_while_it_does_not_run_the_agent_says_so_and_tells_how_it_is_doing_itself() -> None:
    with kept_ports(1) as (port,):
        async with (
            build_agent(AgentSettings(module="app", node="node1", go_pprof=f"http://127.0.0.1:{port}")) as agent,
            DiagnosticsClient(agent.address) as client,
        ):
            for question in (client.stats(), client.stats("memstats"), client.profile("heap")):
                with pytest.raises(Unavailable, match="Connection refused"):
                    await question
            assert (await client.stats("agent"))["agent"]["name"] == "node1-app"
