"""One agent that is gone, slow or broken takes neither the others' time nor their place in the bundle."""

from __future__ import annotations

import asyncio
import tarfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from corvo_agent.bundle.archive import Archive
from corvo_agent.bundle.collect import Collector
from corvo_agent.bundle.manifest import Manifest
from corvo_agent.bundle.parts import Asked, parts_of
from corvo_agent.diagnostics.client.typed_client import TypedClient
from corvo_agent.errors import CorvoError, DeadlineExceeded, NotFound, RemoteError, Unavailable
from corvo_agent.profiles.pprof.encoder import encode
from corvo_agent.profiles.pprof.model import Profile, ValueType

ASKED = Asked(cpu_seconds=1)
FILES = ["stats.json", "logs.jsonl", "goroutine.pb.gz", "stacks.txt", "heap.pb.gz", "profile.pb.gz"]


class Scripted(TypedClient):
    """An agent that answers, but for a query (of profiles, a kind) in ``trouble`` fails or waits for an event first."""

    timeout = 5.0

    def __init__(self, trouble: Mapping[str, CorvoError | asyncio.Event]) -> None:
        self.trouble = trouble
        self.asked: list[str] = []
        self.asked_last = asyncio.Event()

    async def _logs(self, *given: Any) -> list[dict[str, str]]:
        await self._asked_for("Log")
        return [{"msg": "ready"}]

    async def _stats(self, *given: Any) -> dict[str, str]:
        await self._asked_for("Stats")
        return {"cmdline": '["app","--token","abc"]'}

    async def _profile(self, parameters: Mapping[str, str], *given: Any) -> bytes:
        await self._asked_for(parameters["profile"])
        return encode(Profile((ValueType("tasks", "count"),)))

    async def run_action(self, *given: Any, **more: Any) -> str:
        raise NotImplementedError

    def follow(self, *given: Any, **more: Any) -> AsyncGenerator[list[dict[str, str]], None]:
        raise NotImplementedError

    async def _asked_for(self, key: str) -> None:
        self.asked.append(key)
        if key == "profile":
            self.asked_last.set()
        match self.trouble.get(key):
            case asyncio.Event() as event:
                await event.wait()
            case CorvoError() as error:
                raise error


class Bundle:
    """Collects from ``agents`` into a file; the index is ``modules`` of the manifest."""

    def __init__(self, path: Path, agents: Mapping[str, Scripted | CorvoError]) -> None:
        self.path = path
        self.agents = agents
        self.steps = 0.0

    @asynccontextmanager
    async def agent(self, name: str) -> AsyncGenerator[TypedClient]:
        found = self.agents[name]
        if isinstance(found, CorvoError):
            raise found
        yield found

    async def collect(self, *, max_bytes: int = 10_000_000, seconds: float = 60) -> dict[str, Any]:
        async with Archive(self.path, "case", max_bytes) as archive:
            manifest = Manifest(tuple(self.agents), {"token": "abc", "since": "1h"})
            collector = Collector(archive, manifest, parts_of(ASKED), agent=self.agent, modules=None)
            await collector.run(seconds, self._advance)
            await archive.commit()
        self.total = collector.steps
        with tarfile.open(self.path) as tar:
            self.names = [name.removeprefix("case/") for name in tar.getnames()]
            index = tar.extractfile("case/manifest.json")
            assert index is not None
            self.index = orjson.loads(index.read())
        modules: dict[str, Any] = self.index["modules"]
        return modules

    def _advance(self, step: float) -> None:
        self.steps += step


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[..., Bundle]:
    return lambda **agents: Bundle(tmp_path / "case.tar.gz", agents)


async def test_everything_of_every_module_is_in_it_with_an_index(bundle: Callable[..., Bundle]) -> None:
    case = bundle(a=Scripted({}), b=Scripted({}))
    modules = await case.collect()
    assert sorted(case.names) == sorted(
        ["manifest.json", *(f"modules/{name}/{file}" for name in "ab" for file in FILES)]
    )
    assert [(list(each["files"]), each["missing"]) for each in modules.values()] == [(FILES, {})] * 2
    assert case.index["asked"] == {"token": "***", "since": "1h"}
    assert case.index["began"] <= case.index["ended"]
    assert case.steps == case.total


@pytest.mark.parametrize(
    "gone",
    [
        NotFound("agent of module", "gone", "is it running?"),
        Scripted({"Stats": Unavailable("127.0.0.1:1", "refused")}),
        Scripted({"Stats": DeadlineExceeded("127.0.0.1:1", 30)}),
    ],
)
async def test_a_dead_agent_is_asked_once_and_every_file_that_is_missing_is_said(
    bundle: Callable[..., Bundle], gone: Scripted | CorvoError
) -> None:
    case = bundle(gone=gone, well=Scripted({}))
    modules = await case.collect()
    assert (list(modules["gone"]["files"]), list(modules["gone"]["missing"])) == ([], FILES)
    assert list(modules["well"]["files"]) == FILES
    if isinstance(gone, Scripted):
        assert gone.asked == ["Stats"]
    assert case.steps == case.total


async def test_one_part_that_fails_or_takes_too_long_does_not_cost_the_others(bundle: Callable[..., Bundle]) -> None:
    trouble = {
        "Log": RemoteError("a", "NOT_FOUND", "no log at https://ada:hunter2@host/"),
        "heap": DeadlineExceeded("a", 30),
    }
    modules = await bundle(a=Scripted(trouble)).collect()
    assert list(modules["a"]["files"]) == ["stats.json", "goroutine.pb.gz", "stacks.txt", "profile.pb.gz"]
    assert modules["a"]["missing"] == {
        "logs.jsonl": "a answered NOT_FOUND: no log at https://ada:***@host/",
        "heap.pb.gz": "a: no answer within 30 s",
    }


async def test_an_agent_that_is_lost_on_the_way_keeps_what_it_had_told(bundle: Callable[..., Bundle]) -> None:
    modules = await bundle(a=Scripted({"goroutine": Unavailable("a", "lost")})).collect()
    assert list(modules["a"]["files"]) == ["stats.json", "logs.jsonl"]
    assert list(modules["a"]["missing"]) == FILES[2:]


async def test_what_hangs_is_left_out_when_the_time_is_over(bundle: Callable[..., Bundle]) -> None:
    modules = await bundle(hung=Scripted({"Stats": asyncio.Event()})).collect(seconds=0.05)
    assert (modules["hung"]["files"], list(modules["hung"]["missing"])) == ({}, FILES)
    assert set(modules["hung"]["missing"].values()) == {"not done within 0.05 s"}


async def test_a_slow_one_holds_up_nobody(bundle: Callable[..., Bundle]) -> None:
    """The slow one goes on only when the other one is through."""
    well = Scripted({})
    modules = await bundle(slow=Scripted({"Stats": well.asked_last}), well=well).collect()
    assert [list(each["files"]) for each in modules.values()] == [FILES, FILES]


async def test_what_does_not_fit_is_left_out(bundle: Callable[..., Bundle]) -> None:
    modules = await bundle(a=Scripted({})).collect(max_bytes=80)
    assert "logs.jsonl" in modules["a"]["files"]
    assert "bytes of the bundle: at most 80" in modules["a"]["missing"]["profile.pb.gz"]


async def test_a_name_that_is_a_path_stays_in_its_folder(bundle: Callable[..., Bundle]) -> None:
    case = bundle(**{"../../etc": Scripted({}), "..": Scripted({})})
    await case.collect()
    assert {name.split("/")[1] for name in case.names if "/" in name} == {"%2E%2E%2F%2E%2E%2Fetc", "%2E%2E"}
