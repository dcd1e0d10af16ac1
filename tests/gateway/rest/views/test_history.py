"""The history of a Module over REST: whose it is, and for how long."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from corvo_agent.access.roles import Role
from corvo_agent.access.tokens import new_token
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.history.store import HistoryStore
from corvo_agent.modules.history.value import history_key
from corvo_agent.modules.watching.watch import Watch
from tests.gateway.conftest import LOCAL, Api, Store, settled
from tests.gateway.modules import module

ALICE, ALICE_LINE = new_token(Role.ADMIN, "alice", None)
SHOP, SHOP_LINE = new_token(Role.ADMIN, "shop", None, "team=shop")


@pytest.fixture
def settings(tmp_path: Path) -> GatewaySettings:
    path = tmp_path / "tokens"
    path.write_text(f"{ALICE_LINE}\n{SHOP_LINE}\n")
    path.chmod(0o600)
    return replace(LOCAL, token_file=str(path))


async def written(store: Store, what: str) -> None:
    """Wait until the history of a1 tells of that."""
    async with Watch(store, history_key("a1"), exact=True) as watch:
        async for _ in watch:
            if any(each.what == what for each in await HistoryStore(store).read("a1")):
                return


async def test_it_names_who_has_shown_a_token_and_outlives_the_module(api: Api, store: Store, gateway: Gateway) -> None:
    await store.put_module(module("a1", labels={"team": "bank"}))
    await settled(gateway, store)
    alice, shop = ({"headers": {"Authorization": f"Bearer {token}"}} for token in (ALICE, SHOP))
    assert await api.call("GET", "/modules/a1/history", **alice) == (200, {"items": []})
    level = {"level": "Debug", "by": "mallory", "reason": "slow"}
    assert (await api.call("PUT", "/modules/a1/level", level, **alice))[0] == 200
    await written(store, "override")
    status, found = await api.call("GET", "/modules/a1/history", **alice)
    assert status == 200
    entry = found["items"][0]
    assert (entry["who"], entry["by"], entry["from"]) == ("alice", "mallory", "127.0.0.1")
    assert (entry["level-from"], entry["level-to"], entry["reason"]) == ("Info", "Debug", "slow")
    assert entry["gateway"] == gateway.identity.id
    assert (await api.call("GET", "/modules/a1/history", **shop))[0] == 403
    assert (await api.call("GET", "/modules/none/history", **alice))[0] == 404
    assert (await api.call("GET", "/modules/-/history", **alice))[0] == 404
    assert (await api.call("DELETE", "/modules/a1", **alice))[0] == 200
    await written(store, "delete")
    status, found = await api.call("GET", "/modules/a1/history", **alice)
    assert (status, [each["who"] for each in found["items"][:2]]) == (200, ["alice", "alice"])
    # Whose it was is not known any more.
    assert (await api.call("GET", "/modules/a1/history", **shop))[0] == 404
    await store.put(history_key("a1"), b"?")
    assert (await api.call("GET", "/modules/a1/history", **alice))[0] == 500
