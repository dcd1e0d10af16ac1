"""The rows of the contract's REST table, each named: paths, methods, headers, query parameters."""

from __future__ import annotations

import json

import pytest

from corvo_agent.modules.names import API_PATH

from .conftest import Api, Store, settled
from .modules import module


async def fill(api: Api, store: Store, *names: str) -> None:
    for name in names:
        await store.put_module(module(name, labels={"n": name}))
    await settled(api.gateway, store)


async def test_row_get_modules_lists(api: Api, store: Store) -> None:
    """GET modules: ModuleList with kind, list-meta and items by name; resource-version is not in list-meta."""
    await fill(api, store, "b2", "a1")
    status, body = await api.get("/modules")
    assert status == 200
    assert list(body) == ["kind", "api-version", "list-meta", "items"]
    assert body["list-meta"] == {"total-count": 2}
    assert [item["meta"]["name"] for item in body["items"]] == ["a1", "b2"]


async def test_row_list_of_nothing_has_null_items_and_no_count(api: Api) -> None:
    """items null if none, total-count omitted when 0."""
    assert (await api.get("/modules"))[1] == {
        "kind": "ModuleList",
        "api-version": "v1",
        "list-meta": {},
        "items": None,
    }


async def test_row_get_module(api: Api, store: Store) -> None:
    """GET modules/NAME: Module with its REST path as self-link and etcd's revision as resource-version."""
    await fill(api, store, "a1")
    status, body = await api.get("/modules/a1")
    assert status == 200
    assert list(body) == ["kind", "api-version", "meta", "spec", "status"]
    assert body["meta"]["self-link"] == f"{API_PATH}/modules/a1"
    assert body["meta"]["resource-version"] == str(store.revision)


async def test_row_success_is_200_compact_json_without_newline(api: Api, store: Store) -> None:
    """Success is always 200, Content-Type application/json, compact, no trailing newline."""
    await fill(api, store, "a1")
    for method, path, body in (
        ("GET", "/modules/a1", None),
        ("PUT", "/modules/a1", {}),
        ("POST", "/modules/a1/label", {"labels": {}}),
        ("POST", "/modules", {"meta": {"name": "b2"}}),
        ("DELETE", "/modules/b2", None),
    ):
        async with api.raw(method, path, body) as response:
            text = await response.text()
            assert (response.status, response.content_type) == (200, "application/json")
            assert text == json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)


async def test_row_request_content_type_is_not_checked(api: Api, store: Store) -> None:
    """Request Content-Type is not checked; garbage after the first JSON value is ignored."""
    await fill(api, store, "a1")
    body = b'{"spec":{"log-level":"Debug"}} and more'
    status, found = await api.call("PUT", "/modules/a1", body, headers={"Content-Type": "text/plain"})
    assert (status, found["spec"]["log-level"]) == (200, "Debug")


@pytest.mark.parametrize("body", [None, b"", b"null", b"{}"])
async def test_row_body_null_empty_absent_means_defaults(api: Api, store: Store, body: bytes | None) -> None:
    """Body null / {} / absent on PUT = all defaults; without a level it is as it was configured (table 0)."""
    await store.put_module(module("a1", level="debug", args=("-a",)))
    await settled(api.gateway, store)
    status, found = await api.call("PUT", "/modules/a1", body)
    assert (status, found["spec"]) == (200, {})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/modules", 405),
        ("HEAD", "/modules/a1", 405),
        ("PUT", "/modules", 405),
        ("POST", "/modules/a1", 405),
        ("GET", "/modules/a1/Debug", 405),
        ("POST", "/modules/a1/debug", 404),
        ("GET", "/nothing", 404),
        ("GET", "/modules/a1/b2/c3", 404),
    ],
)
async def test_row_unknown_path_or_wrong_method(api: Api, method: str, path: str, status: int) -> None:
    """404/405: text/plain, indented by 2, title Not Found or Method Not Allowed; Debug is case-sensitive."""
    async with api.raw(method, path) as response:
        text = await response.text()
        assert (response.status, response.content_type) == (status, "text/plain")
    if method != "HEAD":
        title = {404: "Not Found", 405: "Method Not Allowed"}[status]
        expected = {"kind": "", "result": {"Str": title}, "message": [f"request error: {title}"], "code": status}
        assert text == json.dumps(expected, indent=2)


async def test_row_trailing_slash_is_get_of_an_empty_name(api: Api) -> None:
    """/modules/ = get of "" (404)."""
    status, body = await api.get("/modules/")
    assert (status, body["message"]) == (404, ["Object get failed: object not found"])


async def test_row_path_outside_any_group(api: Api) -> None:
    """Path outside any registered group: 404 page not found."""
    async with api.session.get(api.gateway.url + "/elsewhere") as response:
        assert (response.status, await response.text()) == (404, "404 page not found\n")


async def test_row_security_headers(api: Api) -> None:
    """X-Frame-Options deny, X-XSS-Protection, nosniff, a CSP: on answers, errors and streams alike; HSTS over TLS."""
    for path in ("/modules", "/nothing", "/modules/zz"):
        async with api.raw("GET", path) as response:
            headers = response.headers
            assert headers["X-Frame-Options"] == "deny"
            assert headers["X-XSS-Protection"] == "1; mode=block"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "Strict-Transport-Security" not in headers
            assert "default-src" in headers["Content-Security-Policy"]


async def test_row_cors_get_echoes_the_origin(api: Api) -> None:
    """GET with Origin echoes Access-Control-Allow-Origin + Vary: Origin."""
    async with api.raw("GET", "/modules", headers={"Origin": "http://elsewhere.example"}) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "http://elsewhere.example"
        assert response.headers["Vary"] == "Origin"


async def test_row_cors_preflight(api: Api) -> None:
    """OPTIONS with Access-Control-Request-Method = preflight 200, headers Content-Type,Accept, methods GET,OPTIONS."""
    headers = {"Origin": "http://elsewhere.example", "Access-Control-Request-Method": "GET"}
    async with api.raw("OPTIONS", "/modules", headers=headers) as response:
        assert response.status == 200
        assert response.headers["Access-Control-Allow-Headers"] == "Content-Type,Accept"
        assert response.headers["Access-Control-Allow-Methods"] == "GET,OPTIONS"


async def test_row_cors_foreign_write_is_refused(api: Api) -> None:
    """non-GET with foreign Origin: 403 with a k8s-style body; the own origin passes."""
    status, body = await api.call("PUT", "/modules/a1", {}, headers={"Origin": "http://elsewhere.example"})
    assert (status, body["status"], body["reason"], body["code"]) == (403, "Failure", "Forbidden", 403)
    own = {"Origin": api.gateway.url}
    assert (await api.call("PUT", "/modules/a1", {}, headers=own))[0] == 404


async def test_a_name_rebound_to_loopback_is_no_origin_of_ours(api: Api) -> None:
    port = api.gateway.address.rpartition(":")[2]
    headers = {"Origin": f"http://evil.example:{port}", "Host": f"evil.example:{port}"}
    assert (await api.call("PUT", "/modules/a1", {}, headers=headers))[0] == 421


async def test_followed_logs_are_for_no_foreign_page(api: Api) -> None:
    async with api.raw("GET", "/watch/modules/a1/logs", headers={"Origin": "http://elsewhere.example"}) as response:
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"label-selector": "n=a1"}, ["a1"]),
        ({"LabelSelector": "n!=a1"}, ["b2", "c3"]),
        ({"label-selector": "n in (a1,b2)"}, ["a1", "b2"]),
        ({"label-selector": "n notin (a1)"}, ["b2", "c3"]),
        ({"label-selector": "m!=x"}, []),
        ({"label-selector": "n,n!=c3"}, ["a1", "b2"]),
        ({"field-selector": "meta.name=b2"}, ["b2"]),
        ({"fieldselector": "name!=b2"}, ["a1", "c3"]),
        ({"field-selector": "name>=b2"}, ["b2", "c3"]),
        ({"field-selector": "name in (a1,c3)"}, ["a1", "c3"]),
        ({"field-selector": "name notin (a1)"}, ["b2", "c3"]),
        ({"field-selector": "meta.labels[n]=c3,status.node=node1"}, ["c3"]),
        ({"field-selector": "meta.labels[*]=a1"}, ["a1"]),
        ({"O.name": "a1"}, ["a1"]),
        ({"O.Name": "a1"}, ["a1"]),
        ({"name": "a1"}, ["a1", "b2", "c3"]),
        ({"O.tenant": "t", "O.namespace": "n"}, ["a1", "b2", "c3"]),
        ({"sort-order": "by-name-reverse"}, ["c3", "b2", "a1"]),
        ({"SortOrder": "by-version"}, ["c3", "a1", "b2"]),
        ({"from": "2", "max-results": "1"}, ["b2"]),
        ({"from": "0", "max-results": "1"}, ["a1", "b2", "c3"]),
        ({"from": "-3", "max-results": "2"}, ["a1", "b2", "c3"]),
    ],
)
async def test_row_query_parameters(api: Api, store: Store, params: dict[str, str], names: list[str]) -> None:
    """Names matched loosely, unknown ones ignored, tenant and namespace blanked; selectors, order and pages."""
    await fill(api, store, "c3", "a1", "b2")
    status, body = await api.get("/modules", **params)
    assert status == 200
    assert [item["meta"]["name"] for item in body["items"] or []] == names


async def test_row_from_without_max_results(api: Api, store: Store) -> None:
    """from>0 with max-results=0: items null but total-count set."""
    await fill(api, store, "a1", "b2")
    body = (await api.get("/modules", **{"from": "1"}))[1]
    assert (body["items"], body["list-meta"]) == (None, {"total-count": 2})


async def test_row_list_from_a_version(api: Api, store: Store) -> None:
    """O.resource-version=N on list: only objects with resource-version >= N."""
    await fill(api, store, "a1", "b2")
    body = (await api.get("/modules", **{"O.resource-version": str(store.revision)}))[1]
    assert [item["meta"]["name"] for item in body["items"]] == ["b2"]


async def test_row_create_patch_and_delete_exist_here(api: Api) -> None:
    """Table 0: POST modules creates, DELETE deletes, PATCH merges."""
    status, body = await api.call("POST", "/modules", {"meta": {"name": "a1"}, "status": {"node": "n1"}})
    assert (status, body["spec"], body["status"]) == (200, {}, {"node": "n1", "category": "Venice"})
    status, body = await api.call("PATCH", "/modules/a1", {"spec": {"enable-trace": True}})
    assert (status, body["spec"]) == (200, {"enable-trace": True})
    status, body = await api.call("DELETE", "/modules/a1")
    assert (status, body["meta"]["name"]) == (200, "a1")
    assert (await api.get("/modules/a1"))[0] == 404


async def test_row_levels_in_any_case_are_shown_as_written(api: Api, store: Store) -> None:
    """Table 0, spelling: any case accepted, kept and shown as it was written."""
    await fill(api, store, "a1")
    for level in ("Debug", "debug", "DEBUG"):
        status, body = await api.call("PUT", "/modules/a1", {"spec": {"log-level": level}})
        assert (status, body["spec"]["log-level"]) == (200, level)


async def test_row_values_by_etcdctl_are_accepted(api: Api, store: Store) -> None:
    """Table 0: a value without kind is accepted, unknown keys are kept on rewrite, undecodable items say so."""
    prefix = "/venice/config/diagnostics/modules/"
    await store.put(prefix + "a1", b'{"spec":{"log-level":"Debug"},"extra":{"x":1}}')
    await store.put(prefix + "b2", b"not json")
    await api.gateway.cache.wait_for(store.revision, 60)
    body = (await api.get("/modules"))[1]
    assert [item["meta"]["name"] for item in body["items"]] == ["a1", "b2"]
    assert body["items"][1]["invalid"].startswith("not JSON")
    assert (await api.call("PUT", "/modules/a1", {"spec": {"log-level": "warn"}}))[0] == 200
    item = await store.get(prefix + "a1")
    assert item is not None
    stored = json.loads(item.value)
    assert stored["extra"] == {"x": 1}
    assert stored["meta"]["self-link"] == prefix + "a1"
    assert "resource-version" not in stored["meta"]


async def mistyped(api: Api, store: Store) -> None:
    value = b'{"spec":{"log-level":"loud","args":["-a"]},"status":{"node":"n1"}}'
    await store.put("/venice/config/diagnostics/modules/a1", value)
    await api.gateway.cache.wait_for(store.revision, 60)


async def test_a_mistyped_value_is_shown_with_the_reason(api: Api, store: Store) -> None:
    await mistyped(api, store)
    for path in ("/modules/a1", "/modules/a1?consistent=true"):
        status, body = await api.call("GET", path)
        assert (status, body["spec"]) == (200, {"log-level": "loud", "args": ["-a"]})
        assert body["invalid"].startswith("spec.log-level: unknown level, got 'loud'; valid: ")
        assert list(body) == ["kind", "api-version", "meta", "spec", "status", "invalid"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/modules/a1", {"spec": {"log-level": "Info"}}),
        ("PUT", "/modules/a1/level", {"level": "Info", "keep": True}),
        ("PUT", "/modules/a1", {"spec": {"args": ["-a"]}}),
        # What was read, mended and sent back: the reason in it is not looked at.
        ("PUT", "/modules/a1", {"spec": {"log-level": "Info", "args": ["-a"]}, "invalid": "spec.log-level: unknown"}),
    ],
)
async def test_a_mistyped_value_is_mended(api: Api, store: Store, method: str, path: str, body: object) -> None:
    await mistyped(api, store)
    status, found = await api.call(method, path, body)
    assert (status, found["spec"]["args"], found["status"]["node"]) == (200, ["-a"], "n1")
    # In small letters where the gateway chooses them: no agent of ours has announced itself.
    assert found["spec"].get("log-level") in (None, "info" if path.endswith("/level") else "Info")
    assert "invalid" not in found
    assert (await api.get("/modules/a1"))[1] == found
    item = await store.get("/venice/config/diagnostics/modules/a1")
    assert item is not None
    assert "invalid" not in json.loads(item.value)


async def test_what_does_not_touch_a_mistyped_value_leaves_it(api: Api, store: Store) -> None:
    await mistyped(api, store)
    status, found = await api.call("PATCH", "/modules/a1", {"meta": {"labels": {"team": "net"}}})
    assert (status, found["spec"]["log-level"], found["meta"]["labels"]) == (200, "loud", {"team": "net"})
    status, found = await api.call("POST", "/modules/a1/label", {"labels": {"team": "lab"}})
    assert (status, found["spec"]["log-level"], found["meta"]["labels"]) == (200, "loud", {"team": "lab"})
    assert "unknown level" in found["invalid"]
    # No agent would follow a level that is set beside the mistake.
    status, found = await api.call("PUT", "/modules/a1/level", {"level": "Debug"})
    assert (status, "module [a1] is invalid: spec.log-level: unknown level" in found["message"][0]) == (409, True)
    # A wrong value that is sent is refused as ever.
    assert (await api.call("PATCH", "/modules/a1", {"spec": {"log-level": "louder"}}))[0] == 400


async def test_row_html_is_not_escaped_and_both_forms_are_read(api: Api, store: Store) -> None:
    """Table 0: <>& are not escaped, both forms are accepted."""
    await fill(api, store, "a1")
    body = b'{"spec":{"args":["<a>&","\\u003cb\\u003e"]}}'
    async with api.raw("PUT", "/modules/a1", body) as response:
        assert b'["<a>&","<b>"]' in await response.read()
