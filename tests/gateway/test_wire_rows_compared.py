"""The rows of the contract that were found by comparing with the running original, each named: objects and requests."""

from __future__ import annotations

from typing import Any

import pytest

from corvo_agent.diagnostics.query import Payload
from corvo_agent.gateway.objects.module_messages import message_of
from corvo_agent.modules.json.codec import module_to_dict
from corvo_agent.modules.model import Module
from corvo_agent.modules.names import key_of
from corvo_agent.protobuf.codec import encode
from tests.cli.kit import corvo

from .agents import AgentFarm, Handler
from .conftest import Api, Store, settled
from .modules import module


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/modules/m1", {"spec": {"log-level": "debug"}}),
        ("PATCH", "/modules/m1", {"spec": {"enable-trace": True}}),
        ("POST", "/modules/m1/label", {"labels": {"a": "b"}}),
        ("PUT", "/modules/m1/level", {"level": "Debug", "keep": True}),
    ],
)
async def test_row_kv_value_without_kind(api: Api, store: Store, method: str, path: str, body: Any) -> None:
    """A value without kind or self-link is lost to the original's API server: each write completes it."""
    await store.put(key_of("m1"), b'{"spec":{"log-level":"debug"}}')
    await settled(api.gateway, store)
    assert (await api.call(method, path, body))[0] == 200
    item = await store.get(key_of("m1"))
    assert item is not None
    assert item.value.startswith(b'{"kind":"Module","api-version":"v1","meta":{"name":"m1",')
    assert f'"self-link":"{key_of("m1")}"'.encode() in item.value


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "Foo", "api-version": "v9"},
        {"meta": {"creation-time": "now() - 5m", "mod-time": "soon", "name": "other", "uuid": "u", "self-link": "/x"}},
    ],
)
async def test_row_put_bodies(api: Api, store: Store, body: Any) -> None:
    """What a PUT does not look at may be anything: kind, version, times, name, uuid, self-link."""
    await store.put_module(module("m1"))
    status, found = await api.call("PUT", "/modules/m1", {**body, "spec": {"log-level": "debug"}})
    assert (status, found["spec"], found["kind"]) == (200, {"log-level": "debug"}, "Module")
    known = module("m1").meta
    assert (found["meta"]["name"], found["meta"]["uuid"]) == ("m1", known.uuid)


async def test_row_from_below_one(api: Api, store: Store) -> None:
    """from=-1&max-results=2: all."""
    for name in ("a1", "b2", "c3"):
        await store.put_module(module(name))
    await settled(api.gateway, store)
    found = (await api.get("/modules", **{"from": "-1", "max-results": "2"}))[1]
    assert [item["meta"]["name"] for item in found["items"]] == ["a1", "b2", "c3"]


async def test_row_a_parameter_given_twice(api: Api, store: Store) -> None:
    """from=1&from=2: the first."""
    for name in ("a1", "b2"):
        await store.put_module(module(name))
    await settled(api.gateway, store)
    found = (await api.get("/modules?from=1&from=2&max-results=1"))[1]
    assert [item["meta"]["name"] for item in found["items"]] == ["a1"]


async def test_row_an_action_that_answers_another_message(api: Api, store: Store, agents: AgentFarm) -> None:
    """An action that answers a diagnostics.Module: its JSON."""
    known = module("m1", level="debug", labels={"a": "b"})
    agent = await agents.start(known)
    agent.service.register_handler("Action", Handler(lambda _: answer(known)))
    await settled(api.gateway, store)
    status, found = await api.call("POST", "/modules/m1/Debug", {"query": "Action", "parameters": {"action": "x"}})
    shown = module_to_dict(known, self_link=known.meta.self_link)
    assert (status, found) == (200, {"diagnostics": shown})


async def answer(known: Module) -> Payload:
    return Payload("type.googleapis.com/diagnostics.Module", encode(message_of(known)))


async def test_row_label_with_a_stale_version(api: Api, store: Store) -> None:
    """A label from an older version is refused, as a PUT is; without a version it is unconditional."""
    await store.put_module(module("m1"))
    body = {"labels": {"a": "b"}}
    assert (await api.call("POST", "/modules/m1/label", {**body, "resource-version": "1"}))[0] == 412
    assert (await api.call("POST", "/modules/m1/label", body))[0] == 200


async def test_row_self_links_in_answers(api: Api) -> None:
    """Answers of create, label and delete have a self-link as those of get have."""
    created = (await api.call("POST", "/modules", {"meta": {"name": "m1"}}))[1]
    labelled = (await api.call("POST", "/modules/m1/label", {"labels": {"a": "b"}}))[1]
    deleted = (await api.call("DELETE", "/modules/m1"))[1]
    links = [found["meta"]["self-link"] for found in (created, labelled, deleted)]
    assert links == ["/configs/diagnostics/v1/modules/m1"] * 3


@pytest.mark.parametrize(
    "params", [{"field-change-selector": "Bogus"}, {"field-selector": "bogus=1"}, {"label-selector": "a in b"}]
)
async def test_row_a_watch_with_a_bad_selector(api: Api, params: dict[str, str]) -> None:
    """It is refused before the stream begins, where the caller sees it."""
    assert (await api.get("/watch/modules", **params))[0] == 400


@pytest.mark.parametrize("level", [b"\xff", rb"\ud800"])
async def test_row_text_that_cannot_be_stored(api: Api, store: Store, level: bytes) -> None:
    """Bytes that are no UTF-8 and halves of surrogate pairs are refused rather than replaced."""
    await store.put_module(module("m1"))
    body = b'{"spec":{"args":["' + level + b'"]}}'
    assert (await api.call("PUT", "/modules/m1", body))[0] == 400


@pytest.mark.parametrize("params", [{"O.resource-version": "abc"}, {"from": "1", "max-results": "-1"}])
async def test_row_what_crashes_the_original(api: Api, store: Store, params: dict[str, str]) -> None:
    """Lists with a version or a number that is none; a label on an object without a generation."""
    assert (await api.get("/modules", **params))[0] == 400
    await store.put(key_of("m1"), b'{"kind":"Module"}')
    status, found = await api.call("POST", "/modules/m1/label", {"labels": {"a": "b"}})
    assert (status, found["meta"]["generation-id"]) == (200, "1")


async def test_row_the_category_of_what_is_created(api: Api) -> None:
    """A Module that is created is of the category Venice, and is found by either spelling."""
    assert (await api.call("POST", "/modules", {"meta": {"name": "m1"}}))[1]["status"]["category"] == "Venice"
    for spelling in ("Venice", "venice"):
        found = (await api.get("/modules", **{"field-selector": f"status.category={spelling}"}))[1]
        assert [item["meta"]["name"] for item in found["items"] or ()] == ["m1"]


async def test_row_a_module_without_service_ports(api: Api, store: Store) -> None:
    """Without an agent it has no instance; only a service that the caller names is an invalid one."""
    await store.put_module(module("m1", ports=()))
    await settled(api.gateway, store)
    texts = []
    for port in ({}, {"service-port": {"name": "x"}}):
        texts += (await api.call("POST", "/modules/m1/Debug", {"query": "Log", **port}))[1]["message"]
    assert texts == ["unable to locate service instance for module [m1]", "invalid service name [x]"]


@pytest.mark.parametrize(("own", "written"), [("info", "debug"), ("Info", "Debug")])
async def test_row_case_of_a_level_in_the_object(api: Api, store: Store, own: str, written: str) -> None:
    """A Go process takes Debug for Info: where the object is in small letters, the level is written so."""
    await store.put_module(module("m1", level=own))
    await settled(api.gateway, store)
    # Where no agent of ours is, there may be one of the original's processes.
    await api.call("PUT", "/modules/m1/level", {"level": "Warn", "keep": True})
    assert (await api.get("/modules/m1"))[1]["spec"]["log-level"] == "warn"
    await store.put_module(module("m1", level=own))
    await api.gateway.endpoints.wait_for(await store.put_endpoint("m1", "127.0.0.1:1"), 60)
    await api.call("PUT", "/modules/m1/level", {"level": "Debug", "keep": True})
    item = await store.get(key_of("m1"))
    assert item is not None
    assert f'"log-level":"{written}"'.encode() in item.value
    level = await corvo("level", "m1", "Error", "--keep", "--no-wait", "--gateway", api.gateway.url)
    assert level.code == 0, level.err
    found = (await api.get("/modules/m1", consistent="true"))[1]
    assert found["spec"]["log-level"] == ("error" if own == "info" else "Error")
