"""The rows of the contract's table of error bodies, each named."""

from __future__ import annotations

import io
from typing import Any

import pytest

from .conftest import Api, Store, settled
from .modules import module

NOT_FOUND = {
    "kind": "Status",
    "result": {"Str": "Not Found"},
    "message": ["Object get failed: object not found"],
    "code": 404,
    "object-ref": {"kind": "Module", "name": "zz"},
}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/modules/zz", None),
        ("PUT", "/modules/zz", {}),
        ("POST", "/modules/zz/label", {"labels": {}}),
        ("PATCH", "/modules/zz", {}),
        ("DELETE", "/modules/zz", None),
        ("PUT", "/modules/zz/level", {"level": "Debug"}),
    ],
)
async def test_row_missing(api: Api, method: str, path: str, body: Any) -> None:
    """get / missing 404; table 0: PUT and label on a missing object are 404 too."""
    assert await api.call(method, path, body) == (404, NOT_FOUND)


async def test_row_get_of_a_bad_name_is_404(api: Api) -> None:
    """Name rule: checked on create/update only, get of a bad name = 404."""
    assert (await api.get("/modules/-"))[0] == 404
    assert (await api.get("/modules/-", consistent="true"))[0] == 404


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"sort-order": "xx"}, "unknown sort order [xx]"),
        ({"label-selector": "a in b"}, "label-selector: in and notin take a list in parentheses, got 'a in b'"),
        ({"field-selector": "nope=1"}, "field selector: a Module has no such field, got 'nope'"),
        ({"from": "9", "max-results": "1"}, "from: there are only 0 items, got 9"),
        ({"from": "1", "max-results": "1001"}, "max-results: must be from 0 to 1000, got 1001"),
    ],
)
async def test_row_list_with_bad_selector_sort_or_paging(api: Api, params: dict[str, str], message: str) -> None:
    """list with bad selector/sort/paging: 400 (table 0), one message, object-ref {}."""
    status, body = await api.get("/modules", **params)
    assert status == 400
    assert body == {
        "kind": "Status",
        "result": {"Str": "Request validation failed"},
        "message": [message],
        "code": 400,
        "object-ref": {},
    }


async def test_row_create_of_existing(api: Api, store: Store) -> None:
    """create of existing: 409 Object store error, already exists in cache."""
    await store.put_module(module("a1"))
    status, body = await api.call("POST", "/modules", {"meta": {"name": "a1"}})
    assert (status, body["result"], body["message"]) == (
        409,
        {"Str": "Object store error"},
        ["already exists in cache"],
    )


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"{", "unexpected EOF"),
        (b"[]", "the body must be a JSON object"),
        (b'{"spec":{"log-level":5}}', "spec.log-level: must be a string, got 5"),
        (b'{"spec":5}', "spec: must be an object, got 5"),
    ],
)
async def test_row_bad_json_or_wrong_type(api: Api, body: bytes, text: str) -> None:
    """bad JSON / wrong type: 400 with a bare body that holds Go's text of an InvalidArgument."""
    assert await api.call("PUT", "/modules/a1", body) == (
        400,
        {
            "kind": "",
            "result": {},
            "message": [f"rpc error: code = InvalidArgument desc = {text}"],
            "code": 400,
        },
    )


@pytest.mark.parametrize("parameter", ["from", "max-results", "O.resource-version"])
async def test_row_bad_query_int(api: Api, parameter: str) -> None:
    """bad query int: 400, bare."""
    status, body = await api.get("/modules", **{parameter: "x1"})
    assert (status, body["kind"]) == (400, "")
    assert body["message"][0].startswith("rpc error: code = InvalidArgument desc = ")


@pytest.mark.parametrize(
    ("name", "body", "lines"),
    [
        (
            "a1",
            {"spec": {"log-level": "loud"}},
            ["Spec.LogLevel did not match allowed strings [info warn error debug]"],
        ),
        ("a1", {"spec": {"log-level": ""}}, ["Spec.LogLevel did not match allowed strings [info warn error debug]"]),
        ("-a", {}, ["ObjectMeta.Name does not meet naming requirements"]),
        ("a" * 65, {}, ["ObjectMeta.Name too long(max 64 chars)"]),
        ("a1", {"meta": {"tenant": "t"}}, ["Tenant not allowed for Module"]),
        ("a1", {"meta": {"namespace": "n"}}, ["Namespace not allowed for Module"]),
    ],
)
async def test_row_invalid_enum_name_or_tenant(api: Api, name: str, body: Any, lines: list[str]) -> None:
    """invalid enum / name / tenant set: 400 Request validation failed, each line once and in order (table 0)."""
    status, found = await api.call("PUT", f"/modules/{name}", body)
    assert (status, found["result"], found["message"]) == (400, {"Str": "Request validation failed"}, lines)
    created = {**body, "meta": {**body.get("meta", {}), "name": name}}
    assert (await api.call("POST", "/modules", created))[0] == 400


@pytest.mark.parametrize("version", ["1", "not a number"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_row_resource_version_conflict(api: Api, store: Store, method: str, version: str) -> None:
    """resource-version conflict: 412 Cannot execute operation, commit failed, object-ref {} (table 0: REST too)."""
    await store.put_module(module("a1"))
    assert await api.call(method, "/modules/a1", {"meta": {"resource-version": version}}) == (
        412,
        {
            "kind": "Status",
            "result": {"Str": "Cannot execute operation"},
            "message": ["commit failed"],
            "code": 412,
            "object-ref": {},
        },
    )


async def test_row_server_down(api: Api, store: Store) -> None:
    """API server down: 503 with a bare body; here that is the store, for who reads through."""
    store.go_away()
    status, body = await api.get("/modules", consistent="true")
    assert (status, body["kind"], body["result"]) == (503, "", {})
    assert body["message"][0].startswith("rpc error: code = Unavailable desc = ")


async def test_row_etcd_down_write_fails_and_reads_go_on(api: Api, store: Store) -> None:
    """etcd down, write: 412 Commit to backend failed; reads still 200 from the cache."""
    await store.put_module(module("a1"))
    await settled(api.gateway, store)
    store.go_away()
    status, body = await api.call("PUT", "/modules/a1", {})
    assert (status, body["result"]) == (412, {"Str": "Cannot execute operation"})
    assert body["message"][0].startswith("Commit to backend failed: ")
    assert (await api.get("/modules/a1"))[0] == 200


async def test_row_body_over_the_limit(api: Api) -> None:
    """body > etcd limit (2 MiB): 412, same title, ResourceExhausted text."""
    large = io.BytesIO(b'{"a":"' + b"x" * (2 << 20) + b'"}')
    async with api.session.put(f"{api.base}/modules/a1", data=large) as response:
        status, body = response.status, await response.json()
    assert (status, body["result"]) == (412, {"Str": "Cannot execute operation"})
    assert body["message"][0].startswith("rpc error: code = ResourceExhausted desc = ")


async def test_row_watch_from_no_number(api: Api) -> None:
    """Table 0: a non-numeric watch resource-version is 400; so is a bad selector."""
    assert (await api.get("/watch/modules", **{"O.resource-version": "x"}))[0] == 400
    assert (await api.get("/watch/modules", **{"O.resource-version": "-2"}))[0] == 400
    assert (await api.get("/watch/modules", **{"field-selector": "nope=1"}))[0] == 400
    assert (await api.get("/watch/modules", **{"field-change-selector": "Nope"}))[0] == 400
