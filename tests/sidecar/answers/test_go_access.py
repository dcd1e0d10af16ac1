"""What a Go process asks of its callers."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from aiohttp import web

from corvo_agent.errors import ConfigError, Unavailable
from corvo_agent.sidecar.answers.go_access import GoAccess
from corvo_agent.sidecar.answers.go_pprof import GoProcess
from tests.certificates import Authority


@pytest.mark.parametrize("line", ["Bearer secret", ": secret", "a b: secret", "\u00e4: secret"])
def test_what_is_no_header_is_refused_without_its_value(tmp_path: Path, line: str) -> None:
    path = tmp_path / "headers"
    path.write_text(f"A: 1\n{line}\n", "utf-8")
    with pytest.raises(ConfigError, match="go-pprof-headers: line 2 has to be NAME: VALUE") as caught:
        GoAccess.of(str(path))
    assert "secret" not in str(caught.value)


def test_files_that_cannot_be_read_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        GoAccess.of(str(tmp_path / "missing"))
    with pytest.raises(ConfigError):
        GoAccess.of(ca=str(tmp_path / "missing.pem"))
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        GoAccess.of(str(binary))


def test_without_any_nothing_is_sent() -> None:
    assert (GoAccess().read_headers(), GoAccess.of().tls) == ({}, None)


async def test_it_shows_its_certificate_to_a_server_of_the_authority_that_it_was_told(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server, client = authority.issue("127.0.0.1"), authority.issue("client")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.path)
    context.load_cert_chain(server.cert, server.key)
    context.verify_mode = ssl.CERT_REQUIRED
    app = web.Application()

    async def variables(request: web.Request) -> web.Response:
        return web.json_response({"n": 1})

    app.router.add_get("/debug/vars", variables)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        url = f"https://127.0.0.1:{runner.addresses[0][1]}"
        access = GoAccess.of(ca=str(authority.path), cert=str(client.cert), key=str(client.key))
        assert await GoProcess(url, access=access).variables() == {"n": "1"}
        for other in (GoAccess(), GoAccess.of(ca=str(authority.path))):
            with pytest.raises(Unavailable):
                await GoProcess(url, access=other).variables()
    finally:
        await runner.cleanup()
