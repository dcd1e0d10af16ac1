"""Tags of objects and lists: who has them already is told so, who writes from an old one is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from multidict import CIMultiDict

from tests.gateway.conftest import Api, Store, settled
from tests.gateway.modules import module

DEBUG = {"meta": {"name": "a1"}, "spec": {"log-level": "debug"}}
#: Each write, with a body that it takes.
WRITES: list[tuple[str, str, Any]] = [
    ("PUT", "/modules/a1", DEBUG),
    ("PATCH", "/modules/a1", {"spec": {"log-level": "debug"}}),
    ("DELETE", "/modules/a1", None),
    ("POST", "/modules/a1/label", {"labels": {"team": "net"}}),
    ("PUT", "/modules/a1/level", {"level": "debug", "keep": True}),
]


async def stored(api: Api, store: Store) -> str:
    """Store a1; its tag."""
    await store.put_module(module("a1"))
    await settled(api.gateway, store)
    return await tag_of(api, "/modules/a1")


async def tag_of(api: Api, path: str, **headers: str) -> str:
    async with api.raw("GET", path, headers=headers) as response:
        assert response.status == 200
        return str(response.headers["ETag"])


async def look(api: Api, path: str, **headers: str) -> tuple[int, bytes, str]:
    """Status, body and tag."""
    async with api.raw("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()}) as answer:
        return answer.status, await answer.read(), answer.headers.get("ETag", "")


async def test_who_has_an_object_already_is_told_so(api: Api, store: Store) -> None:
    tag = await stored(api, store)
    for given in (tag, f"W/{tag}", f'"other", {tag}', f'{tag[:-1]};gzip"'):
        status, body, shown = await look(api, "/modules/a1", If_None_Match=given)
        assert (status, body) == (304, b"")
        assert shown.split(";")[0].rstrip('"') == tag.rstrip('"')
    assert (await look(api, "/modules/a1", If_None_Match="*"))[0::2] == (304, tag)
    async with api.raw("GET", "/modules/a1", headers={"If-None-Match": tag}) as response:
        assert (response.headers["Vary"], "Corvo-Staleness" in response.headers) == ("Accept-Encoding", True)
    several = CIMultiDict([("If-None-Match", '"other"'), ("If-None-Match", tag)])
    assert (await api.call("GET", "/modules/a1", headers=several))[0] == 304
    for given in ('"other"', "a1", tag.strip('"')):
        assert (await look(api, "/modules/a1", If_None_Match=given))[0] == 200
    await store.put_module(module("a1", level="Debug"))
    await settled(api.gateway, store)
    status, _, newer = await look(api, "/modules/a1", If_None_Match=tag)
    assert (status, newer != tag) == (200, True)
    assert (await look(api, "/modules/a1", If_Match=tag))[0] == 412
    assert (await look(api, "/modules/a1", If_Match=newer))[0] == 200
    assert (await look(api, "/modules/none", If_None_Match="*"))[0] == 404


async def test_a_list_has_the_tag_of_what_it_shows(api: Api, store: Store) -> None:
    await stored(api, store)
    everything, node1 = await tag_of(api, "/modules"), await tag_of(api, "/modules?O.name=a1")
    assert everything == await tag_of(api, "/modules?consistent=true")
    assert (await look(api, "/modules", If_None_Match=everything))[:2] == (304, b"")
    await store.put_module(module("b1"))
    await settled(api.gateway, store)
    assert (await look(api, "/modules", If_None_Match=everything))[0] == 200
    assert (await look(api, "/modules?O.name=a1", If_None_Match=node1))[0] == 304


async def test_a_packed_answer_has_a_tag_of_its_own_and_both_are_known(api: Api, store: Store) -> None:
    for number in range(50):
        await store.put_module(module(f"m{number}"))
    await settled(api.gateway, store)
    plain = await tag_of(api, "/modules", **{"Accept-Encoding": "identity"})
    packed = await tag_of(api, "/modules", **{"Accept-Encoding": "gzip"})
    assert packed == f'{plain[:-1]};gzip"'
    for tag in (plain, packed):
        assert (await look(api, "/modules", If_None_Match=tag))[0::2] == (304, tag)


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_a_write_from_an_old_state_is_refused_as_the_original_refuses_it(
    api: Api, store: Store, method: str, path: str, body: Any
) -> None:
    tag = await stored(api, store)
    refused = {
        "kind": "Status",
        "result": {"Str": "Cannot execute operation"},
        "message": ["commit failed"],
        "code": 412,
        "object-ref": {},
    }
    for condition in (
        {"If-Match": '"1-00000000"'},
        {"If-Match": f"W/{tag}"},
        {"If-Match": "no tag"},
        {"If-None-Match": "*"},
        {"If-None-Match": tag},
    ):
        status, answer = await api.call(method, path, body, headers=condition)
        assert (status, answer) == (412, refused), condition
    assert await tag_of(api, "/modules/a1") == tag
    status, _ = await api.call(method, path, body, headers={"If-Match": f'"other", {tag}', "If-None-Match": '"other"'})
    assert status == 200
    assert (await api.call(method, path, body, headers={"If-Match": tag}))[0] == (404 if method == "DELETE" else 412)


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_a_condition_may_be_written_as_several_headers(
    api: Api, store: Store, method: str, path: str, body: Any
) -> None:
    tag = await stored(api, store)
    for second in (tag, "*"):
        several = CIMultiDict([("If-None-Match", '"other"'), ("If-None-Match", second)])
        assert (await api.call(method, path, body, headers=several))[0] == 412, second
    # A condition that cannot be read is none that everything fulfils.
    for wrong in ("no tag", tag.strip('"'), f'{tag} "other"', '"other", x'):
        status, answer = await api.call(method, path, body, headers={"If-None-Match": wrong})
        assert (status, "If-None-Match" in answer["message"][0]) == (400, True), wrong
    assert (await api.call(method, path, body, headers={"If-Match": ""}))[0] == 412
    several = CIMultiDict([("If-Match", '"other"'), ("If-Match", f", {tag} ,"), ("If-None-Match", "")])
    assert (await api.call(method, path, body, headers=several))[0] == 200


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_any_version_will_do_but_not_none(api: Api, store: Store, method: str, path: str, body: Any) -> None:
    missing = path.replace("a1", "none")
    given = {**body, "meta": {"name": "none"}} if method == "PUT" and body is DEBUG else body
    assert (await api.call(method, missing, given, headers={"If-Match": "*"}))[0] == 404
    await stored(api, store)
    async with api.raw(method, path, body, headers={"If-Match": "*"}) as response:
        assert response.status == 200
        if method != "DELETE":
            assert response.headers["ETag"] == await tag_of(api, "/modules/a1")


async def test_of_many_writes_from_one_state_one_is_carried_out(api: Api, store: Store) -> None:
    tag = await stored(api, store)
    answers = await asyncio.gather(
        *(api.call("PUT", "/modules/a1", DEBUG, headers={"If-Match": tag}) for _ in range(9))
    )
    assert sorted(status for status, _ in answers) == [200, *[412] * 8]


async def test_a_delete_at_a_version_holds_its_condition_too(api: Api, store: Store) -> None:
    tag = await stored(api, store)
    version = tag.strip('"').partition("-")[0]
    path = f"/modules/a1?O.resource-version={version}"
    assert (await api.call("DELETE", path, headers={"If-Match": '"other"'}))[0] == 412
    assert (await api.call("DELETE", path, headers={"If-Match": tag}))[0] == 200
