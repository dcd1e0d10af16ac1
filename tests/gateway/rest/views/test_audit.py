"""What callers have done, over REST and as it happens: by operators, of their own Modules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from corvo_agent.access.roles import Role
from corvo_agent.access.tokens import new_token
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from tests.gateway.agents import AgentFarm
from tests.gateway.conftest import LOCAL, Api, Store, settled
from tests.gateway.modules import module

ROOT, ROOT_LINE = new_token(Role.ADMIN, "root", None)
SHOP, SHOP_LINE = new_token(Role.OPERATOR, "shop", None, "team=shop")
READER, READER_LINE = new_token(Role.READER, "rita", None)


@pytest.fixture
def settings(tmp_path: Path) -> GatewaySettings:
    path = tmp_path / "tokens"
    path.write_text(f"{ROOT_LINE}\n{SHOP_LINE}\n{READER_LINE}\n")
    path.chmod(0o600)
    return replace(LOCAL, token_file=str(path))


def by(token: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {token}"}}


async def test_what_was_done_by_whom_and_what_is_done_now(
    api: Api, store: Store, agents: AgentFarm, gateway: Gateway
) -> None:
    await agents.start(module("a1", labels={"team": "shop"}))
    await store.put_module(module("b2", labels={"team": "bank"}))
    await settled(gateway, store)
    level = {"level": "Debug", "for": "10m", "by": "ada", "reason": "password=hunter2"}
    assert (await api.call("PUT", "/modules/a1/level", level, **by(SHOP)))[0] == 200
    assert (await api.call("PATCH", "/modules/b2", {"spec": {"enable-trace": True}}, **by(ROOT)))[0] == 200
    assert (await api.call("POST", "/modules/a1/Debug", {"query": "Log"}, **by(READER)))[0] == 200
    assert (await api.call("GET", "/audit", **by(READER)))[0] == 403
    status, found = await api.call("GET", "/audit", **by(ROOT))
    assert (status, found["gateway"]) == (200, gateway.identity.id)
    assert [(each["what"], each["who"], each["module"], each["result"]) for each in found["items"]] == [
        ("debug", "rita", "a1", "ok"),
        ("change", "root", "b2", "ok"),
        ("level", "shop", "a1", "ok"),
    ]
    last = found["items"][-1]
    assert (last["level-to"], last["by"], last["reason"], last["from"]) == ("Debug", "ada", "password=***", "127.0.0.1")
    assert found["items"][1]["change"]["spec"] == {"enable-trace": True}
    # Its own Modules only.
    _, own = await api.call("GET", "/audit", **by(SHOP))
    assert {each["module"] for each in own["items"]} == {"a1"}
    for query, count in (("module=b2", 1), ("who=shop", 1), ("since=1h", 3), ("since=2100-01-01T00:00:00Z", 0)):
        assert len((await api.call("GET", f"/audit?{query}", **by(ROOT)))[1]["items"]) == count, query
    assert (await api.call("GET", "/audit?since=soon", **by(ROOT)))[0] == 400
    watch = {"subscriptions": [{"id": "a", "kind": "audit", "module": "a1"}]}
    async with api.raw("POST", "/watch", watch, **by(SHOP)) as stream:
        first = [orjson.loads(await stream.content.readline()) for _ in range(3)]
        assert [each["type"] for each in first] == ["entry", "entry", "listed"]
        assert first[0]["object"] == last
        await api.call("PATCH", "/modules/b2", {"spec": {"enable-trace": False}}, **by(ROOT))
        await api.call("PUT", "/modules/a1/level", {"level": None}, **by(ROOT))
        line = orjson.loads(await stream.content.readline())
        assert (line["type"], line["object"]["what"], line["object"]["who"]) == ("entry", "level ended", "root")
