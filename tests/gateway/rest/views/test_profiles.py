"""Profiles over REST: begun, watched, fetched, ended, and whose they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from corvo_agent.access.roles import Role
from corvo_agent.access.tokens import new_token
from corvo_agent.diagnostics.messages.payloads import profile_payload
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from tests.diagnostics.kit import until
from tests.gateway.agents import AgentFarm, Handler
from tests.gateway.conftest import LOCAL, Api, Store, announced
from tests.gateway.modules import module

TOKENS = {
    name: new_token(role, name, None, selector)
    for name, role, selector in [
        ("root", Role.ADMIN, ""),
        ("reader", Role.READER, ""),
        ("bank", Role.ADMIN, "team=bank"),
    ]
}


class Profiler:
    """An agent's profiles: each is there when the test says so."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.go_on = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def answer(self, query: DebugQuery) -> Payload:
        self.asked.append(dict(query.parameters))
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return profile_payload(b"\x1f\x8b" + b"x" * 200_000)


@pytest.fixture
def settings(tmp_path: Path) -> GatewaySettings:
    path = tmp_path / "tokens"
    path.write_text("".join(f"{line}\n" for _, line in TOKENS.values()))
    path.chmod(0o600)
    return replace(LOCAL, token_file=str(path))


@pytest_asyncio.fixture
async def profiler(agents: AgentFarm, gateway: Gateway) -> AsyncIterator[Profiler]:
    """That of a1, which is of the shop."""
    agent, found = await agents.start(module("a1", labels={"team": "shop"})), Profiler()
    agent.service.register_handler("Profile", Handler(found.answer))
    await announced(gateway, "a1")
    await gateway.cache.wait_until(lambda: gateway.cache.get("a1") is not None, "no module", 30)
    yield found
    found.go_on.set()


def by(name: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {TOKENS[name][0]}"}}


CPU = {"profile": "profile", "parameters": {"seconds": "30"}}


async def test_one_is_taken_and_fetched(api: Api, gateway: Gateway, profiler: Profiler) -> None:
    async with api.raw("POST", "/modules/a1/profiles", CPU, **by("root")) as answer:
        begun, place = await answer.json(), answer.headers["Location"]
        assert answer.status == 202
    path = f"/profiles/{begun['id']}"
    assert place.endswith(path)
    assert (begun["state"], begun["seconds"], begun["by"], begun["module"]) == ("running", 30.0, "root", "a1")
    assert begun["gateway"] == gateway.identity.id
    watch = {"subscriptions": [{"id": "p", "kind": "profile", "profile": begun["id"]}]}
    async with api.raw("POST", "/watch", watch, **by("root")) as stream:
        line = orjson.loads(await stream.content.readline())
        assert (line["id"], line["type"], line["object"]["state"]) == ("p", "profile", "running")
        assert (await api.call("GET", f"{path}/data", **by("root")))[0] == 409
        async with api.raw("POST", "/modules/a1/profiles", CPU, **by("root")) as busy:
            assert busy.status == 429
            assert 0 < int(busy.headers["Retry-After"]) <= 30
        profiler.go_on.set()
        lines = [orjson.loads(each) async for each in stream.content]
    assert [each["type"] for each in lines[-2:]] == ["profile", "end"]
    assert (lines[-2]["object"]["state"], lines[-2]["object"]["progress"]) == ("done", 1.0)
    assert profiler.asked == [{"profile": "profile", "seconds": "30"}]
    assert (await api.call("GET", path, **by("root")))[1]["bytes"] == 200_002
    async with api.raw("GET", f"{path}/data", **by("root")) as answer:
        assert (answer.content_type, len(await answer.read())) == ("application/octet-stream", 200_002)
        assert 'filename="a1-profile.pb.gz"' in answer.headers["Content-Disposition"]
    _, listed = await api.call("GET", "/profiles", **by("root"))
    assert [each["id"] for each in listed["items"]] == [begun["id"]]
    assert (await api.call("DELETE", path, **by("root")))[0] == 200
    status, gone = await api.call("GET", path, **by("root"))
    assert status == 404
    assert gateway.identity.id in gone["message"][0]


async def test_one_that_is_ended_ends_at_the_agent(api: Api, profiler: Profiler) -> None:
    _, begun = await api.call("POST", "/modules/a1/profiles", CPU, **by("root"))
    await until(lambda: bool(profiler.asked))
    status, ended = await api.call("DELETE", f"/profiles/{begun['id']}", **by("root"))
    assert (status, ended["state"]) == (200, "cancelled")
    async with asyncio.timeout(30):
        await profiler.cancelled.wait()
    assert (await api.call("GET", f"/profiles/{begun['id']}", **by("root")))[1]["state"] == "cancelled"


async def test_who_may_not_take_one_may_not_see_it_either(api: Api, store: Store, profiler: Profiler) -> None:
    assert (await api.call("POST", "/modules/a1/profiles", CPU, **by("reader")))[0] == 403
    assert (await api.call("POST", "/modules/a1/profiles", {"profile": "goroutine"}, **by("reader")))[0] == 202
    _, begun = await api.call("POST", "/modules/a1/profiles", CPU, **by("root"))
    path = f"/profiles/{begun['id']}"
    for name in ("reader", "bank"):
        for method, more in (("GET", ""), ("GET", "/data"), ("DELETE", "")):
            assert (await api.call(method, path + more, **by(name)))[0] == 403
        watch = {"subscriptions": [{"id": "p", "kind": "profile", "profile": begun["id"]}]}
        assert (await api.call("POST", "/watch", watch, **by(name)))[0] == 403
    assert [each["profile"] for each in (await api.call("GET", "/profiles", **by("reader")))[1]["items"]] == [
        "goroutine"
    ]
    assert (await api.call("GET", "/profiles", **by("bank")))[1]["items"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"profile": "heap", "more": 1}, 400),
        ({"profile": "heap", "parameters": {"seconds": 3}}, 400),
        ({"profile": "heap", "parameters": {"seconds": "soon"}}, 400),
        ({"profile": "goroutine", "parameters": {"Profile": "heap"}}, 400),
    ],
)
async def test_what_is_wrong_with_a_request_is_said_before_anything_begins(
    api: Api, profiler: Profiler, body: Any, status: int
) -> None:
    assert (await api.call("POST", "/modules/a1/profiles", body, **by("root")))[0] == status
    assert (await api.call("POST", "/modules/none/profiles", CPU, **by("root")))[0] == 404
    assert (await api.call("GET", "/profiles", **by("root")))[1]["items"] == []
    assert profiler.asked == []
