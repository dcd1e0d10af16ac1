"""A sidecar of a real Go program: its profiles come through byte for byte, and its variables as they are written."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from corvo_agent.diagnostics.handlers.profile import ProfileHandler
from corvo_agent.diagnostics.payloads import decode_profile, decode_stats
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.profiles.pprof_reader import decode
from corvo_agent.sidecar.go_pprof import GoProcess
from corvo_agent.sidecar.go_stats import GoStatsHandler

from .go_tools import build, object_cache, pprof

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


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


async def ask(url: str, **parameters: str) -> bytes:
    handler = ProfileHandler(GoProcess(url).kinds())
    return decode_profile((await handler.handle(DebugQuery("Profile", parameters))).value)


@pytest.mark.parametrize(
    ("kind", "seconds", "sample_type"),
    [
        ("profile", "1", "cpu"),
        ("goroutine", "", "goroutine"),
        ("heap", "", "inuse_space"),
        ("allocs", "", "alloc_space"),
        ("block", "", "delay"),
        ("mutex", "", "delay"),
        ("threadcreate", "", "threadcreate"),
        ("heap", "1", "inuse_space"),
    ],
)
async def test_every_kind_opens_in_pprof_and_in_our_reader(
    kind: str, seconds: str, sample_type: str, go_url: str, tmp_path: Path
) -> None:
    answer = await ask(go_url, profile=kind, **({"seconds": seconds} if seconds else {}))
    profile = decode(answer)
    assert sample_type in {each.type for each in profile.sample_types}
    report = pprof(tmp_path, answer, "-top", f"-sample_index={sample_type}")
    assert f"Type: {sample_type}" in report
    if kind == "profile":
        assert "main.burn" in report
        assert any(frame.function == "main.burn" for each in profile.samples for frame in each.stack)


async def test_the_answer_is_gos_byte_for_byte(go_url: str) -> None:
    # The command line, and the text of the heap's options, are the same whenever they are asked for.
    for path, parameters in (
        ("cmdline", {"profile": "cmdline"}),
        ("threadcreate?debug=1", {"profile": "threadcreate", "debug": "1"}),
    ):
        async with aiohttp.ClientSession() as session, session.get(f"{go_url}/debug/pprof/{path}") as response:
            expected = await response.read()
        assert await ask(go_url, **parameters) == expected


async def test_a_trace_comes_through(go_url: str) -> None:
    assert (await ask(go_url, profile="trace", seconds="1")).startswith(b"go 1.")


async def test_its_expvars_are_the_stats(go_url: str) -> None:
    handler = GoStatsHandler(GoProcess(go_url))
    everything = decode_stats((await handler.handle(DebugQuery("Stats"))).value)
    assert {"cmdline", "memstats", "requests"} <= everything.keys()
    assert json.loads(everything["memstats"])["NumGC"] >= 0
    one = decode_stats((await handler.handle(DebugQuery("Stats", {"expvar": "requests"}))).value)
    assert int(one["requests"]) > 0
