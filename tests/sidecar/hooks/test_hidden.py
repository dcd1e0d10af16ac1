"""What a hook logs in with is shown nowhere."""

from __future__ import annotations

import sys

import pytest
from aiohttp import web

from corvo_agent.errors import ConfigError, RemoteError, Unavailable
from corvo_agent.levels.level import Level
from corvo_agent.sidecar.hooks.exec_hook import ExecHook
from corvo_agent.sidecar.hooks.hidden import (
    Hidden,
    secrets_of_arguments,
    secrets_of_headers,
    secrets_of_url,
    without_secrets,
)
from corvo_agent.sidecar.hooks.http_hook import HttpHook, HttpRequest
from corvo_agent.sidecar.hooks.protocol import LevelChange
from corvo_agent.sidecar.hooks.spec import parse_level_hook

from ..servers import serving

DEBUG = LevelChange(Level.DEBUG)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:hunter22@h:1/x?token=t#f", "http://h:1/x"),
        ("http://hunter22@h/x", "http://h/x"),
        ("http://user:hunter22/more@h/x", "http://h/x"),
        ("http://h:1/users/@me", "http://h:1/users/@me"),
        ("http://h/users/@me", "http://h/users/@me"),
        ("http://h/x;token=hunter22", "http://h/x;token=***"),
        ("http://user:hunter22@[::1", "http://[::1"),
        ("h:80/x", "h:80/x"),
    ],
)
def test_a_url_is_shown_without_what_logs_in(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


def test_secrets_are_found_by_their_places() -> None:
    assert secrets_of_url("http://u:p%40ss@h/?token=abcd&level=debug") == ["p%40ss", "p@ss", "abcd", "abcd"]
    assert secrets_of_url("http://[") == []
    headers = [("Authorization", "Bearer abcd"), ("X-Api-Key", "efgh"), ("Accept", "text")]
    assert [text for text in secrets_of_headers(headers) if text] == ["Bearer abcd", "efgh", "abcd"]
    arguments = ["ctl", "--token=abcd", "--password", "efgh", "-u", "me:ijkl", "level"]
    assert secrets_of_arguments(arguments) == ["abcd", "efgh", "ijkl"]


def test_a_text_is_shown_without_them() -> None:
    hidden = Hidden(["abcd", "abcdef", "x", ""])
    assert hidden("no abcdef, abcd or x here; password=zzz") == "no ***, *** or x here; password=***"
    assert Hidden([])("plain") == "plain"


async def test_what_a_program_answers_is_shown_without_them() -> None:
    async def echo(request: web.Request) -> web.Response:
        return web.Response(status=500, text=f"bad: {request.headers['X-Token']} {request.path_qs} hunter22")

    async with serving(echo) as url:
        hook = HttpHook(
            HttpRequest(
                "PUT", f"{url.replace('//', '//me:hunter22@')}/x?token=sesame77", headers={"X-Token": "abcdef1"}
            )
        )
        with pytest.raises(RemoteError) as caught:
            await hook.set_level(DEBUG)
    for secret in ("hunter22", "sesame77", "abcdef1"):
        assert secret not in f"{caught.value} {hook.name}"
    assert "bad: ***" in str(caught.value)


async def test_what_a_program_prints_is_shown_without_them() -> None:
    code = "import sys; print('denied for', sys.argv[1:]); sys.exit(1)"
    hook = ExecHook([sys.executable, "-c", code, "--token=sesame77", "--password", "hunter22"])
    with pytest.raises(RemoteError, match="denied for") as caught:
        await hook.set_level(DEBUG)
    assert "sesame77" not in str(caught.value)
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "http:http://me:hunter22@h/x",
        "zap:ftp://me:hunter22@h/x",
        "zap:http://me:hunter22@[::1/x",
        "http:PUT http://me:hunter22@h/{no}",
        "http:PUT http://me:hunter22@h\u2100/x",
        "signal:Debug=http://me:hunter22@h",
        "https://me:hunter22@h",
    ],
)
def test_a_description_that_is_wrong_is_refused_without_them(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_level_hook(text, lambda: None)
    assert "hunter22" not in str(caught.value)


async def test_a_host_that_is_away_is_named_without_them() -> None:
    hook = HttpHook(HttpRequest("PUT", "http://me:hunter22@127.0.0.1:1/x?token=sesame77"))
    with pytest.raises(Unavailable) as caught:
        await hook.set_level(DEBUG)
    assert "hunter22" not in str(caught.value)
    assert "sesame77" not in str(caught.value)
