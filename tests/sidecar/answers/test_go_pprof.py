"""Answers of a Go process are passed through; its failures become errors of ours."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.diagnostics.handlers.profile import ProfileHandler
from corvo_agent.diagnostics.messages.payloads import decode_profile, decode_stats
from corvo_agent.diagnostics.query import NOTHING, DebugQuery
from corvo_agent.errors import (
    ConfigError,
    DeadlineExceeded,
    DecodeError,
    InvalidArgument,
    NotFound,
    PermissionRefused,
    RemoteError,
    ResourceExhausted,
    Unavailable,
    Unsupported,
)
from corvo_agent.sidecar.answers import go_pprof
from corvo_agent.sidecar.answers.go_access import GoAccess
from corvo_agent.sidecar.answers.go_pprof import KINDS, GoProcess, shown, split_object
from corvo_agent.sidecar.answers.go_stats import GoStatsHandler

VARS = b'{\n"cmdline": ["app","-x"],\n"n": 1e+06,\n"odd\\"name": {"a": [1, 2], "b": "}"}\n}\n'


INDEX = b"""<html><body><table>
<tr><td>3</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr>
<tr><td>1</td><td><a href='shop.connections?debug=1'>shop.connections</a></td></tr></table>"""


class Peer:
    """An HTTP server that answers as a Go process does, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: dict[str, str] = {}
        self.lacks = ""
        self.status = 200
        self.body = b"\x1f\x8bprofile"
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        self.headers = dict(request.headers)
        if self.lacks and request.path.endswith(self.lacks):
            raise web.HTTPNotFound
        if request.path == "/debug/pprof/":
            return web.Response(body=INDEX, status=self.status)
        if self.status == 302:
            raise web.HTTPFound("/elsewhere")
        body = VARS if request.path == "/debug/vars" else self.body
        return web.Response(body=body, status=self.status)


@pytest_asyncio.fixture
async def peer() -> AsyncIterator[Peer]:
    found = Peer()
    app = web.Application()
    app.router.add_get("/{path:.*}", found.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield found
    finally:
        await runner.cleanup()


async def ask(peer: Peer, **parameters: str) -> bytes:
    handler = ProfileHandler(GoProcess(peer.url).kinds())
    return decode_profile((await handler.handle(DebugQuery("Profile", parameters))).value)


async def test_a_profile_comes_through_as_it_is(peer: Peer) -> None:
    assert await ask(peer, profile="heap", gc="1", debug="0") == peer.body
    assert await ask(peer, profile="Mutex") == peer.body
    assert await ask(peer, profile="profile", seconds="2.4") == peer.body
    assert await ask(peer, profile="trace") == peer.body
    assert peer.asked == [
        "/debug/pprof/heap?debug=0&gc=1",
        "/debug/pprof/mutex",
        "/debug/pprof/profile?seconds=2",
        "/debug/pprof/trace?seconds=1",
    ]


async def test_what_go_does_not_know_is_refused_here(peer: Peer) -> None:
    with pytest.raises(InvalidArgument, match="profile: unknown profile"):
        await ask(peer, profile="symbol")
    with pytest.raises(InvalidArgument, match="debug: must be from 0 to 2"):
        await ask(peer, profile="heap", debug="3")
    with pytest.raises(InvalidArgument, match="hz: unknown parameter of profile"):
        await ask(peer, profile="profile", hz="100")
    assert peer.asked == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, NotFound),
        (401, PermissionRefused),
        (403, PermissionRefused),
        (500, RemoteError),
        (302, RemoteError),
        (204, RemoteError),
    ],
)
async def test_other_answers_are_errors(peer: Peer, status: int, error: type[Exception]) -> None:
    peer.status = status
    with pytest.raises(error):
        await ask(peer, profile="heap")


async def test_profiles_of_its_own_are_asked_for_and_what_it_does_not_have_is_told_with_what_it_has(peer: Peer) -> None:
    process = GoProcess(peer.url)
    handler = ProfileHandler(process.kinds, other=process.other_kind)
    for name in ("shop.connections", "goroutineleak"):
        payload = await handler.handle(DebugQuery("Profile", {"profile": name, "debug": "1"}))
        assert decode_profile(payload.value) == peer.body
    assert peer.asked == ["/debug/pprof/shop.connections?debug=1", "/debug/pprof/goroutineleak?debug=1"]
    peer.lacks = "/typo"
    with pytest.raises(InvalidArgument, match=r"has no such profile, got 'typo'; valid: .*shop\.connections"):
        await handler.handle(DebugQuery("Profile", {"profile": "typo"}))
    with pytest.raises(InvalidArgument, match="unknown profile"):
        await handler.handle(DebugQuery("Profile", {"profile": "../../secret"}))


async def test_headers_are_sent_as_they_stand_in_the_file_at_the_time(peer: Peer, tmp_path: Path) -> None:
    headers = tmp_path / "headers"
    headers.write_text("# for the debug port\n\nAuthorization: Bearer one\nX-Tenant: t:1\n")
    process = GoProcess(peer.url, access=GoAccess.of(str(headers)))
    await process.get("/debug/vars")
    assert (peer.headers["Authorization"], peer.headers["X-Tenant"]) == ("Bearer one", "t:1")
    headers.write_text("Authorization: Bearer two\n")
    await process.get("/debug/vars")
    assert (peer.headers["Authorization"], "X-Tenant" in peer.headers) == ("Bearer two", False)


async def test_an_answer_that_is_too_long_is_refused(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(go_pprof, "MAX_ANSWER", 4)
    with pytest.raises(ResourceExhausted, match="bytes of an answer: at most 4"):
        await ask(peer, profile="heap")


async def test_a_process_that_does_not_listen_or_answer_is_unavailable() -> None:
    with pytest.raises(Unavailable, match=r"http://127\.0\.0\.1:1 is unavailable"):
        await GoProcess("http://127.0.0.1:1").variables()


async def test_the_time_to_answer_is_bounded(peer: Peer) -> None:
    with pytest.raises(DeadlineExceeded):
        await GoProcess(peer.url, grace=0.0001).get("/debug/vars")


async def test_variables_come_through_as_they_are_written(peer: Peer) -> None:
    handler = GoStatsHandler(GoProcess(f"{peer.url}/debug/pprof/"))
    await handler.start()
    everything = decode_stats((await handler.handle(DebugQuery("Stats"))).value)
    assert everything == {"cmdline": '["app","-x"]', "n": "1e+06", 'odd"name': '{"a": [1, 2], "b": "}"}'}
    one = await handler.handle(DebugQuery("Stats", {"expvar": "n"}))
    none = await handler.handle(DebugQuery("Stats", {"expvar": "gone"}))
    assert (decode_stats(one.value), decode_stats(none.value)) == ({"n": "1e+06"}, {})
    await handler.stop()


async def test_clearing_is_passed_on_where_there_is_such_a_thing(peer: Peer) -> None:
    handler = GoStatsHandler(GoProcess(peer.url))
    assert await handler.handle(DebugQuery("Stats", {"action": "Clear"})) == NOTHING
    assert peer.asked == ["/debug/vars/clear"]
    peer.status = 404
    with pytest.raises(Unsupported, match="clearing is not possible here"):
        await handler.handle(DebugQuery("Stats", {"action": "clear"}))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"a"}', '{"a": }', '{"a": 1', '{"a": 1 "b": 2}', "{1: 2}", "{} x", '{"a": ' + "[" * 100_000],
)
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(DecodeError, match="vars: not a JSON object"):
        list(split_object(text, "vars"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(max_size=8), json_values, max_size=5), st.sampled_from([None, 1]))
def test_members_are_the_text_that_stands_there(members: dict[str, object], indent: int | None) -> None:
    text = json.dumps(members, indent=indent)
    found = dict(split_object(text, "vars"))
    assert {name: json.loads(value) for name, value in found.items()} == members
    assert all(value in text for value in found.values())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:6060",
        "ftp://h",
        "http://",
        "http://h/?a=b",
        "http://h:x",
        "http://h:0",
        "http://h:70000",
        "http://user:secret@[h",
    ],
)
def test_an_address_has_to_be_a_url_of_a_host(url: str) -> None:
    with pytest.raises(ConfigError, match="go-pprof: not the http or https URL of a host"):
        GoProcess(url)


def test_passwords_in_addresses_are_not_shown() -> None:
    assert shown("http://me:secret@host:1/x?token=1") == "http://host:1/x"
    assert shown("http://me:secret@[host?token=1") == "[host"
    assert "secret" not in repr(GoProcess("http://me:secret@host"))
    assert len(KINDS) == 9
