"""The table of what each role may, held against a running gateway: each cell is tried, those that refuse too."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import grpc.aio
import pytest
import pytest_asyncio

from corvo_agent.access.roles import Role
from corvo_agent.access.rules import QUERIES, ROUTES, RPCS, SUBSCRIPTIONS
from corvo_agent.access.tokens import new_token
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.grpc.service import DiagnosticsV1
from corvo_agent.gateway.rest.openapi import document
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.model import ServicePort
from corvo_agent.modules.names import API_PATH
from tests.descriptors import google_class

from .agents import AgentFarm
from .conftest import LOCAL, Api, Store, settled
from .modules import module

TOKENS = {role: new_token(role, role.text, None) for role in Role}
# What a subscription of a kind cannot be without.
SUBSCRIBED: dict[str, dict[str, Any]] = {"logs": {"names": ["a1"]}, "profile": {"profile": "0a1b"}}
SHOP, SHOP_LINE = new_token(Role.ADMIN, "shop", None, "team=shop")


@pytest.fixture
def settings(tmp_path: Path) -> GatewaySettings:
    path = tmp_path / "tokens"
    path.write_text("\n".join([*(line for _, line in TOKENS.values()), SHOP_LINE]))
    path.chmod(0o600)
    return replace(LOCAL, token_file=str(path), grpc_listen="127.0.0.1:0")


@pytest_asyncio.fixture(autouse=True)
async def there(gateway: Gateway, store: Store, agents: AgentFarm) -> None:
    """a1 with its agent, which belongs to the shop, and b2, which does not."""
    await agents.start(module("a1", labels={"team": "shop"}))
    await store.put_module(module("b2", labels={"team": "bank"}))
    await settled(gateway, store)


def bearer(role: Role) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[role][0]}"}


async def status(api: Api, role: Role, method: str, path: str, body: Any = None) -> int:
    url = api.gateway.url + path.replace("{name}", "a1").replace("{id}", "0a1b")
    async with api.session.request(method, url, json=body, headers=bearer(role)) as response:
        return response.status


async def test_the_table_has_every_route_and_every_method_and_no_others(gateway: Gateway) -> None:
    assert gateway.routes == ROUTES.keys()
    methods = DiagnosticsV1(gateway.api, None, None, None, None).__mapping__()  # type: ignore[arg-type]
    assert {path.rpartition("/")[2] for path in methods} == RPCS.keys()
    shown = {
        (method.upper(), path): operation["security"]
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    }
    assert shown == {
        key: [] if role is None else [{"bearer": [role.text]}]
        for key, role in ROUTES.items()
        # The same view for a name that is empty.
        if key[1] != f"{API_PATH}/modules/"
    }


@pytest.mark.parametrize("role", Role)
async def test_each_role_and_each_route(api: Api, role: Role) -> None:
    verdicts = {}
    # Deletes last: what is gone cannot be refused.
    for method, path in sorted(ROUTES, key=lambda route: route[0] == "DELETE"):
        body: dict[str, str] | None = {} if method in ("POST", "PUT", "PATCH") else None
        if path.endswith("/Debug"):
            body = {"query": "Stats"}
        verdicts[method, path] = await status(api, role, method, path, body) in (401, 403)
    assert verdicts == {key: least is not None and role < least for key, least in ROUTES.items()}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("path", [f"{API_PATH}/modules/a1/Debug", f"{API_PATH}/Debug"])
async def test_each_role_and_each_query(api: Api, role: Role, path: str) -> None:
    verdicts = {}
    for query, more in QUERIES:
        key, _, value = more.partition("=")
        body = {"query": "Basket" if query == "*" else query, "parameters": {key: value} if more else {}}
        verdicts[query, more] = await status(api, role, "POST", path, body) in (401, 403)
    assert verdicts == {key: role < least for key, least in QUERIES.items()}


@pytest.mark.parametrize("role", Role)
async def test_each_role_and_each_subscription(api: Api, role: Role) -> None:
    verdicts = {}
    for kind in SUBSCRIPTIONS:
        body = {"subscriptions": [{"id": "s", "kind": kind, **SUBSCRIBED.get(kind, {})}]}
        verdicts[kind] = await status(api, role, "POST", f"{API_PATH}/watch", body) in (401, 403)
    assert verdicts == {kind: role < least for kind, least in SUBSCRIPTIONS.items()}


@pytest.mark.parametrize("role", Role)
async def test_each_role_and_each_method(gateway: Gateway, role: Role) -> None:
    request = google_class("diagnostics.Module")(O={"Name": "a1"})
    debug = google_class("diagnostics.DiagnosticsRequest")(O={"Name": "a1"}, Query="Stats")
    metadata = (("authorization", f"Bearer {TOKENS[role][0]}"), ("req-version", "v1"))
    verdicts = {}
    async with grpc.aio.insecure_channel(gateway.grpc_address) as channel:
        for name in RPCS:
            message = debug if name == "Debug" else b"" if "List" in name or "Watch" in name else request
            data = message if isinstance(message, bytes) else message.SerializeToString()
            asked: grpc.aio.UnaryStreamMultiCallable[bytes, bytes]
            asked = channel.unary_stream(f"/diagnostics.DiagnosticsV1/{name}")
            call = asked(data, metadata=metadata, timeout=30)
            try:
                await call.read()
                code = await call.code() if call.done() else grpc.StatusCode.OK
            except grpc.aio.AioRpcError as error:
                code = error.code()
            call.cancel()
            verdicts[name] = code in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)
    assert verdicts == {name: role < least for name, least in RPCS.items()}


@asynccontextmanager
async def shop(api: Api) -> AsyncIterator[Api]:
    """The API as the one sees it who may do everything with the Modules of the shop."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {SHOP}"}) as session:
        yield Api(session, api.gateway)


async def test_a_selector_limits_what_a_token_sees_and_touches(api: Api) -> None:
    async with shop(api) as limited:
        for path in ("/modules", "/modules?consistent=true", "/modules?label-selector=team"):
            _, listed = await limited.call("GET", path)
            assert [item["meta"]["name"] for item in listed["items"]] == ["a1"], path
        assert (await limited.call("GET", "/modules?label-selector=team%3Dbank"))[1]["items"] is None
        assert (await limited.call("GET", "/modules?label-selector=team%20in%20(bank"))[0] == 400
        stats = {"query": "Stats"}
        async with limited.raw("POST", "/Debug", stats) as response:
            assert b'"b2"' not in await response.read()
        async with limited.raw("GET", "/watch/modules") as response:
            assert b'"b2"' not in await response.content.readline()
        assert (await limited.call("GET", "/whoami"))[1]["gateway"]["modules"] == 1
        assert [row["name"] for row in (await limited.call("GET", "/statuses"))[1]["items"]] == ["a1"]
        log = {"id": "l", "kind": "logs", "names": ["b2"]}
        async with limited.raw("POST", "/watch", {"subscriptions": [log]}) as response:
            refused = json.loads(await response.content.readline())
        assert (refused["module"], refused["status"]["code"]) == ("b2", 403)
        fleet = {"id": "f", "kind": "statuses", "measure": ["a1", "b2"]}
        async with limited.raw("POST", "/watch", {"subscriptions": [fleet]}) as response:
            told = [json.loads(await response.content.readline()) for _ in range(2)]
        assert [(line["type"], line.get("object", {}).get("name")) for line in told] == [
            ("row", "a1"),
            ("listed", None),
        ]
        level = {"level": "Debug"}
        for name, code in (("a1", 200), ("b2", 403)):
            assert (await limited.call("GET", f"/modules/{name}"))[0] == code
            assert (await limited.call("GET", f"/modules/{name}?consistent=true"))[0] == code
            assert (await limited.call("POST", f"/modules/{name}/Debug", stats))[0] == code
            assert (await limited.call("PUT", f"/modules/{name}/level", level))[0] == code
            assert (await limited.call("GET", f"/modules/{name}/logs?lines=1"))[0] == code
            assert (await limited.call("GET", f"/modules/{name}/counts"))[0] == code
            async with limited.raw("GET", f"/watch/modules/{name}/logs") as response:
                assert response.status == code
        # Neither into the shop nor out of it.
        assert (await limited.call("POST", "/modules/a1/label", {"labels": {"team": "bank"}}))[0] == 403
        assert (await limited.call("POST", "/modules/b2/label", {"labels": {"team": "shop"}}))[0] == 403
        new = {"kind": "Module", "meta": {"name": "c3", "labels": {"team": "bank"}}}
        assert (await limited.call("POST", "/modules", new))[0] == 403
        new["meta"] = {"name": "c3", "labels": {"team": "shop"}}
        assert (await limited.call("POST", "/modules", new))[0] == 200
        assert (await limited.call("DELETE", "/modules/b2"))[0] == 403
        assert (await limited.call("DELETE", "/modules/c3"))[0] == 200


class TestAudit:
    """A gateway with a file for its audit."""

    @pytest.fixture
    def settings(self, settings: GatewaySettings, tmp_path: Path) -> GatewaySettings:
        return replace(settings, audit_file=str(tmp_path / "audit"))

    async def test_changes_queries_and_refusals_are_told_with_their_callers(
        self, api: Api, gateway: Gateway, tmp_path: Path
    ) -> None:
        assert await status(api, Role.OPERATOR, "PUT", f"{API_PATH}/modules/a1/level", {"level": "Debug"}) == 200
        body = {"query": "Log", "parameters": {"grep": "password=hunter2"}}
        assert await status(api, Role.READER, "POST", f"{API_PATH}/modules/a1/Debug", body) == 200
        assert await status(api, Role.VIEWER, "DELETE", f"{API_PATH}/modules/a1") == 403
        assert await status(api, Role.VIEWER, "POST", f"{API_PATH}/modules/a1/Debug", body) == 403
        await gateway.__aexit__(None, None, None)
        found = {line["action"]: line for line in map(json.loads, audit_lines(tmp_path))}
        assert {action: line["who"] for action, line in found.items()} == {
            "level": "operator",
            "debug": "reader",
            f"DELETE {API_PATH}/modules/{{name}}": "viewer",
            f"POST {API_PATH}/modules/{{name}}/Debug": "viewer",
        }
        assert found["level"]["control"]["level"] == "Debug"
        assert found["debug"]["parameters"] == {"grep": "password=***"}
        assert {line["from"] for line in found.values()} == {"127.0.0.1"}


def audit_lines(folder: Path) -> list[str]:
    return (folder / "audit").read_text().splitlines()


async def test_any_query_of_a_smart_nic_takes_the_highest_role(api: Api, store: Store, gateway: Gateway) -> None:
    """Its proxy runs what a parameter says, also beside a query that shows statistics."""
    ports = (ServicePort("x", 1),)
    await store.put_module(module("nic1", category="naples", node="127.0.0.1/8", ports=ports))
    await settled(gateway, store)
    path = f"{API_PATH}/modules/nic1/Debug"
    body = {"query": "Stats", "parameters": {"command": "reboot"}}
    codes = {role: await status(api, role, "POST", path, body) for role in Role}
    # Nothing listens there.
    assert codes == {role: 503 if role is Role.ADMIN else 403 for role in Role}
