"""The rows of the contract's object semantics, each named, as a caller of REST sees them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from corvo_agent.modules.announcing.endpoint import AppliedLevel, Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.names import BESIDE_PREFIX, key_of

from .conftest import Api, Store, settled
from .modules import NOW, module


async def put(api: Api, body: Any, name: str = "a1") -> Any:
    status, found = await api.call("PUT", f"/modules/{name}", body)
    assert status == 200
    return found


async def test_row_put_takes_the_name_from_the_url(api: Api, store: Store) -> None:
    """body meta.name, kind, api-version, uuid, generation-id, times and self-link are ignored."""
    await store.put_module(module("a1"))
    meta = {"name": "b2", "uuid": "x", "generation-id": "99", "creation-time": "2001-01-01T00:00:00Z", "self-link": "y"}
    found = await put(api, {"kind": "Module", "api-version": "v9", "meta": meta})
    assert (found["kind"], found["api-version"]) == ("Module", "v1")
    assert found["meta"]["name"] == "a1"
    assert found["meta"]["uuid"] == module().meta.uuid
    assert found["meta"]["generation-id"] == "2"
    assert found["meta"]["creation-time"] == "2023-11-14T22:13:20Z"
    assert found["meta"]["self-link"] == "/configs/diagnostics/v1/modules/a1"


async def test_row_put_replaces_the_spec_as_a_whole(api: Api, store: Store) -> None:
    """spec replaced as a whole; missing spec: defaults."""
    await store.put_module(module("a1", args=("-a",), level="Debug"))
    assert (await put(api, {"spec": {"enable-trace": True}}))["spec"] == {"enable-trace": True}


async def test_row_put_ignores_the_status_entirely(api: Api, store: Store) -> None:
    """status in the body is ignored, not even validated."""
    await store.put_module(module("a1"))
    found = await put(api, {"status": {"category": "nonsense", "node": 5}})
    assert found["status"]["node"] == "node1"


async def test_row_put_replaces_labels_but_those_of_the_system(api: Api, store: Store) -> None:
    """labels replaced as a whole, those with prefix io.pensando. kept; the prefix is stripped from requests."""
    await store.put_module(module("a1", labels={"a": "b", "io.pensando.x": "1"}))
    found = await put(api, {"meta": {"labels": {"c": "d", "io.pensando.y": "2"}}})
    assert found["meta"]["labels"] == {"c": "d", "io.pensando.x": "1"}
    assert (await put(api, {}))["meta"]["labels"] == {"io.pensando.x": "1"}


async def test_row_every_put_counts(api: Api, store: Store) -> None:
    """generation-id +1 on EVERY put; resource-version = new revision; mod-time = now; uuid + creation-time kept."""
    await store.put_module(module("a1"))
    first, second = await put(api, {}), await put(api, {})
    assert (first["meta"]["generation-id"], second["meta"]["generation-id"]) == ("2", "3")
    assert second["meta"]["resource-version"] == str(store.revision)
    assert second["meta"]["mod-time"] > first["meta"]["mod-time"] > "2023-11-14T22:13:20Z"
    assert second["meta"]["uuid"] == module().meta.uuid


async def test_row_put_compares_the_version_if_there_is_one(api: Api, store: Store) -> None:
    """Table 0: a current version passes, a stale one is 412, none is unconditional."""
    await store.put_module(module("a1"))
    version = str(store.revision)
    first = await put(api, {"meta": {"resource-version": version}})
    assert (await api.call("PUT", "/modules/a1", {"meta": {"resource-version": version}}))[0] == 412
    await put(api, {"meta": {"resource-version": first["meta"]["resource-version"]}})
    await put(api, {})


async def test_row_label_replaces_as_a_whole(api: Api, store: Store) -> None:
    """Label: labels replaced, not merged; generation-id +1, mod-time, new resource-version."""
    await store.put_module(module("a1", labels={"a": "b"}))
    status, found = await api.call("POST", "/modules/a1/label", {"labels": {"c": "d"}})
    assert (status, found["meta"]["labels"], found["meta"]["generation-id"]) == (200, {"c": "d"}, "2")
    assert found["meta"]["resource-version"] == str(store.revision)
    assert found["spec"] == {"log-level": "Info"}


async def test_row_label_in_a_meta_form_clears_them(api: Api, store: Store) -> None:
    """body form {"meta":{"labels":..}} is silently taken as no labels."""
    await store.put_module(module("a1", labels={"a": "b"}))
    found = (await api.call("POST", "/modules/a1/label", {"meta": {"labels": {"c": "d"}}}))[1]
    assert "labels" not in found["meta"]


async def test_row_create(api: Api) -> None:
    """Create sets generation-id "1", uuid v4, creation-time = mod-time = now; ignores version and self-link given."""
    meta = {"name": "a1", "labels": {"a": "b"}, "generation-id": "7", "resource-version": "5", "self-link": "x"}
    status, found = await api.call("POST", "/modules", {"meta": meta, "spec": {"log-level": "warn"}})
    assert status == 200
    assert found["meta"]["generation-id"] == "1"
    assert uuid.UUID(found["meta"]["uuid"]).version == 4
    assert found["meta"]["creation-time"] == found["meta"]["mod-time"]
    assert found["meta"]["labels"] == {"a": "b"}
    assert found["spec"] == {"log-level": "warn"}
    assert await api.get("/modules/a1") == (200, found)


async def test_row_delete_returns_the_last_object(api: Api, store: Store) -> None:
    """Delete returns the last object; missing: 404."""
    await store.put_module(module("a1", labels={"a": "b"}))
    version = str(store.revision)
    status, found = await api.call("DELETE", "/modules/a1")
    assert (status, found["meta"]["labels"], found["meta"]["resource-version"]) == (200, {"a": "b"}, version)
    assert (await api.call("DELETE", "/modules/a1"))[0] == 404


async def test_delete_says_that_what_lives_comes_back(api: Api, store: Store) -> None:
    await store.put_module(module("a1"))
    async with api.raw("DELETE", "/modules/a1") as response:
        assert "is written again within 10 s, without a level" in response.headers["Warning"]


async def test_delete_may_be_conditional(api: Api, store: Store) -> None:
    await store.put_module(module("a1"))
    path = "/modules/a1"
    assert (await api.call("DELETE", path, params={"O.resource-version": "1"}))[0] == 412
    assert (await api.call("DELETE", path, params={"O.resource-version": str(store.revision)}))[0] == 200


@pytest.mark.parametrize("name", ["a1", "a@b", "A.b-c_d", "x" * 64])
async def test_row_name_rule(api: Api, name: str) -> None:
    """Names of letters, digits, _ - . @, with a letter or digit at both ends, 2 to 64 characters."""
    assert (await api.call("POST", "/modules", {"meta": {"name": name}}))[0] == 200
    assert (await api.get(f"/modules/{name}"))[0] == 200


async def test_row_labels_are_not_validated_on_write(api: Api, store: Store) -> None:
    """Labels of objects are not validated on write."""
    await store.put_module(module("a1"))
    found = await put(api, {"meta": {"labels": {"any thing": "at all ü" * 20}}})
    assert found["meta"]["labels"] == {"any thing": "at all ü" * 20}


async def test_a_level_for_a_time(api: Api, store: Store) -> None:
    await store.put_module(module("a1"))
    body = {"level": "Debug", "for": "10m", "reason": "case 7", "by": "ops"}
    status, found = await api.call("PUT", "/modules/a1/level", body)
    (control,) = found["controls"]
    assert (status, control["level"], control["by"], control["reason"]) == (200, "Debug", "ops", "case 7")
    assert control["until"] > found["meta"]["mod-time"]
    assert found["spec"] == {"log-level": "Info"}
    stored = await store.get(key_of("a1"))
    assert stored is not None
    assert found["meta"]["resource-version"] == str(stored.create_revision), "the Module itself is untouched"
    assert (await api.get("/modules/a1"))[1]["controls"] == [control]
    assert (await api.get("/modules/a1", consistent="true"))[1]["controls"] == [control]
    assert (await api.get("/modules"))[1]["items"][0]["controls"] == [control]
    # What was shown with it may come back with it, and changes nothing.
    await put(api, found)
    assert (await api.get("/modules/a1"))[1]["controls"] == [control]


async def test_a_level_of_one_logger_ends_by_itself_too(api: Api, store: Store) -> None:
    await store.put_module(module("a1"))
    await api.call("PUT", "/modules/a1/level", {"level": "Warn", "scope": "shop,core"})
    status, found = await api.call("PUT", "/modules/a1/level", {"level": "Debug", "logger": "http", "for": "1h"})
    assert status == 200
    assert [(each.get("logger"), each["level"], "until" in each) for each in found["controls"]] == [
        (None, "Warn", True),
        ("http", "Debug", True),
    ]
    assert found["controls"][0]["scope"] == "shop,core"
    await api.call("PUT", "/modules/a1/level", {"level": "Info", "logger": "http", "keep": True})
    found = (await api.get("/modules/a1/level"))[1]
    assert [(each["level"], "until" in each) for each in found["controls"]] == [("Warn", True), ("Info", False)]
    assert (found["wanted"]["level"], found["wanted"]["loggers"], found["in-force"]) == (
        "Warn",
        {"http": "Info"},
        False,
    )
    status, found = await api.call("PUT", "/modules/a1/level", {"level": None, "logger": "http"})
    assert (status, len(found["controls"])) == (200, 1)


async def test_wanted_and_applied_are_told_apart(api: Api, store: Store) -> None:
    await store.put_module(module("a1", level="Debug"))
    assert "applied" not in (await api.get("/modules/a1"))[1]
    applied = AppliedLevel("Info", "log-level", wanted="Debug", fault="zap: connection refused")
    revision = await store.put(endpoint_key("a1"), encode_endpoint(Endpoint("127.0.0.1:1", level=applied)))
    await api.gateway.endpoints.wait_for(revision, 60)
    found = (await api.get("/modules/a1"))[1]
    assert (found["spec"]["log-level"], found["applied"]["level"]) == ("Debug", "Info")
    found = (await api.get("/modules/a1/level"))[1]
    assert (found["wanted"]["level"], found["in-force"]) == ("Debug", False)
    assert found["applied"]["fault"] == "zap: connection refused"
    await store.put(
        endpoint_key("a1"), encode_endpoint(Endpoint("127.0.0.1:1", level=AppliedLevel("Debug", "log-level")))
    )
    assert (await api.get("/modules/a1/level", consistent="true"))[1]["in-force"] is True
    assert (await api.get("/modules/b2/level"))[0] == 404


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("PUT", {"spec": {"override": {"level": "Debug"}}}),
        ("PATCH", {"spec": {"loggers": {"a": "Debug"}}}),
        ("PATCH", {"controls": [{"level": "Debug"}]}),
        ("POST", {"meta": {"name": "b2"}, "spec": {"override": {"level": "Debug"}}}),
    ],
)
async def test_what_lies_beside_a_module_is_not_written_into_it(api: Api, store: Store, method: str, body: Any) -> None:
    await store.put_module(module("a1"))
    status, found = await api.call(method, "/modules" if method == "POST" else "/modules/a1", body)
    assert status == 400
    assert "PUT modules/NAME/level" in found["message"][0]


async def test_what_is_put_over_a_level_goes_with_the_module(api: Api, store: Store) -> None:
    await store.put_module(module("a1"))
    await api.call("PUT", "/modules/a1/level", {"level": "Debug"})
    await api.call("DELETE", "/modules/a1")
    assert (await store.range(BESIDE_PREFIX)).items == ()
    assert (await api.call("PUT", "/modules/a1/level", {"level": "Debug"}))[0] == 404


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"for": "10m"}, "for"),
        ({"keep": True}, "keep"),
        ({"level": None, "scope": "all"}, "scope"),
        ({"level": "Warn", "keep": True, "for": "10m"}, "for"),
        ({"level": "Warn", "for": "300000d"}, "until"),
        ({"level": "Warn", "for": "0s"}, "for"),
        ({"level": "Warn", "for": "0.0000000001s"}, "for"),
        ({"level": "Warn", "for": "9" * 400}, "for"),
    ],
)
async def test_a_level_that_cannot_be_meant_changes_nothing(
    api: Api, store: Store, body: dict[str, Any], names: str
) -> None:
    await store.put_module(module("a1"))
    before = (await api.call("PUT", "/modules/a1/level", {"level": "Debug"}))[1]["controls"]
    status, found = await api.call("PUT", "/modules/a1/level", body)
    assert (status, f"{names}: " in found["message"][0]) == (400, True)
    assert (await api.get("/modules/a1/level"))[1]["controls"] == before


async def test_a_level_that_stays_and_the_end_of_an_override(api: Api, store: Store) -> None:
    await store.put_module(module("a1"))
    await api.call("PUT", "/modules/a1/level", {"level": "Debug"})
    status, found = await api.call("PUT", "/modules/a1/level", {"level": None})
    assert (status, found["spec"], found.get("controls")) == (200, {"log-level": "Info"}, None)
    await api.call("PUT", "/modules/a1/level", {"level": "Debug"})
    status, found = await api.call("PUT", "/modules/a1/level", {"level": "error", "keep": True})
    assert (status, found["spec"], found.get("controls")) == (200, {"log-level": "error"}, None)


@pytest.mark.parametrize(
    "body",
    [
        {"level": "loud"},
        {"level": 5},
        {"level": "Debug", "for": "soon"},
        {"levle": "x"},
        {"level": "", "keep": 1},
        {"level": "Debug", "logger": "-x"},
    ],
)
async def test_a_level_that_is_none(api: Api, store: Store, body: Any) -> None:
    await store.put_module(module("a1"))
    assert (await api.call("PUT", "/modules/a1/level", body))[0] == 400


async def test_a_writer_reads_its_own_write(api: Api, store: Store) -> None:
    await store.put_module(module("a1"))
    for number in range(20):
        level = ("Debug", "Info")[number % 2]
        await put(api, {"spec": {"log-level": level}})
        assert (await api.get("/modules/a1"))[1]["spec"]["log-level"] == level


async def test_a_reader_may_ask_for_a_revision_seen_elsewhere(api: Api, store: Store) -> None:
    revision = await store.put_module(module("a1", level="Debug"))
    status, found = await api.get("/modules/a1", **{"min-revision": str(revision)})
    assert (status, found["spec"]["log-level"]) == (200, "Debug")
    assert (await api.get("/modules/a1", **{"min-revision": "x"}))[0] == 400


async def test_staleness_is_reported(api: Api, store: Store) -> None:
    await store.put_module(module("a1"))
    await settled(api.gateway, store)
    async with api.raw("GET", "/modules/a1") as response:
        assert 0 <= float(response.headers["Corvo-Staleness"]) < 60
        assert int(response.headers["Corvo-Revision"]) >= store.revision
    async with api.raw("GET", "/modules/a1", params={"consistent": "true"}) as response:
        assert response.headers["Corvo-Staleness"] == "0"
    assert NOW > 0
