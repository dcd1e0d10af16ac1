"""Support bundles over REST: collected for operators, of their own Modules, with what is missing said."""

from __future__ import annotations

import io
import tarfile
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
from tests.gateway.conftest import LOCAL, Api, Store, announced, settled
from tests.gateway.modules import module

ROOT, ROOT_LINE = new_token(Role.OPERATOR, "olga", None)
SHOP, SHOP_LINE = new_token(Role.ADMIN, "shop", None, "team=shop")


@pytest.fixture
def settings(tmp_path: Path) -> GatewaySettings:
    path = tmp_path / "tokens"
    path.write_text(f"{ROOT_LINE}\n{SHOP_LINE}\n")
    path.chmod(0o600)
    return replace(LOCAL, token_file=str(path))


def by(token: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {token}"}}


async def ended(api: Api, id: str) -> Any:
    """How it ended: what the last line of its stream would say."""
    while True:
        _, found = await api.call("GET", f"/bundles/{id}", **by(ROOT))
        if found["state"] != "running":
            return found


async def test_one_of_two_modules_of_which_one_has_no_agent(
    api: Api, store: Store, agents: AgentFarm, gateway: Gateway
) -> None:
    await agents.start(module("a1", labels={"team": "shop"}))
    await store.put_module(module("b2", labels={"team": "bank"}, ports=()))
    await announced(gateway, "a1")
    await settled(gateway, store)
    body = {"names": ["a1", "b2"], "cpu": "0", "profiles": [], "lines": 5}
    async with api.raw("POST", "/bundles", body, **by(ROOT)) as answer:
        begun, place = await answer.json(), answer.headers["Location"]
        assert (answer.status, begun["modules"], begun["by"]) == (202, ["a1", "b2"], "olga")
    assert place.endswith(f"/bundles/{begun['id']}")
    done = await ended(api, begun["id"])
    assert (done["state"], done["progress"], done["error"]) == ("done", 1.0, "")
    async with api.raw("GET", f"/bundles/{begun['id']}/data", **by(ROOT)) as answer:
        assert f"corvo-bundle-{begun['id']}.tar.gz" in answer.headers["Content-Disposition"]
        with tarfile.open(fileobj=io.BytesIO(await answer.read())) as archive:
            manifest = orjson.loads(archive.extractfile("bundle/manifest.json").read())  # type: ignore[union-attr]
            names = archive.getnames()
    assert "bundle/modules/a1/logs.jsonl" in names
    assert "bundle/modules/b2/module.json" in names
    assert "stats.json" in manifest["modules"]["b2"]["missing"]
    assert manifest["asked"]["by"] == "olga"
    # Of two teams: none of them may see it alone.
    assert (await api.call("GET", f"/bundles/{begun['id']}/data", **by(SHOP)))[0] == 403
    assert (await api.call("POST", "/bundles", body, **by(SHOP)))[0] == 403
    status, own = await api.call("POST", "/bundles", {"label-selector": "team", "cpu": "0"}, **by(SHOP))
    assert (status, own["modules"]) == (202, ["a1"])
    assert [each["id"] for each in (await api.call("GET", "/bundles", **by(SHOP)))[1]["items"]] == [own["id"]]
    assert (await api.call("DELETE", f"/bundles/{begun['id']}", **by(ROOT)))[0] == 200
    assert (await api.call("GET", f"/bundles/{begun['id']}", **by(ROOT)))[0] == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"names": ["a1"], "label-selector": "team"}, 400),
        ({"names": "a1"}, 400),
        ({"names": ["a1"], "lines": 0}, 400),
        ({"names": ["a1"], "cpu": "2m"}, 400),
        ({"names": ["a1"], "more": 1}, 400),
        ({"names": ["none"]}, 404),
        ({"label-selector": "team=none"}, 404),
    ],
)
async def test_what_is_wrong_with_a_request_is_said(api: Api, body: Any, status: int) -> None:
    assert (await api.call("POST", "/bundles", body, **by(ROOT)))[0] == status
    assert (await api.call("GET", "/bundles", **by(ROOT)))[1]["items"] == []
