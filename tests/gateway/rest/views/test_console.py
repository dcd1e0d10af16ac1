"""The console's page and files as a browser gets them: without a token, under a strict policy, below any prefix."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from corvo_agent.access.roles import Role
from corvo_agent.access.tokens import new_token
from corvo_agent.console.assets import all_assets
from corvo_agent.gateway.settings import GatewaySettings

from ...conftest import LOCAL, Api

# The page of the proxy in front of it, and its port, are not the gateway's.
PREFIX = "/tools/corvo"


@pytest.fixture
def settings(tmp_path: Path) -> GatewaySettings:
    """One that asks for tokens: the page has to come before there is one."""
    path = tmp_path / "tokens"
    path.write_text(new_token(Role.VIEWER, "viewer", None)[1])
    path.chmod(0o600)
    return replace(LOCAL, token_file=str(path))


async def test_every_file_is_served_without_a_token_and_under_the_policy(api: Api) -> None:
    expected = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    for path, content in all_assets().items():
        url = "/" if path == "index.html" else f"/ui/{path}"
        async with api.session.get(api.gateway.url + url) as response:
            headers = response.headers
            assert (response.status, await response.read()) == (200, content), url
            assert response.content_type == expected[path.rpartition(".")[2]]
            policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
            assert policy["default-src"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
            assert (policy["script-src"], policy["trusted-types"]) == ("'self'", "'none'")
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert headers["Cache-Control"] == "no-cache"
            assert headers["Server"] == "corvo"
        # A browser that has it is told no more than that.
        async with api.session.get(api.gateway.url + url, headers={"If-None-Match": headers["ETag"]}) as again:
            assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", headers["ETag"])


async def test_what_is_no_file_of_it_is_not_found(api: Api) -> None:
    for path in ("/ui/shell/none.js", "/ui/shell/..%2F__init__.py", "/ui/%2e%2e/assets.py", "/ui/x"):
        async with api.session.get(api.gateway.url + path) as response:
            assert response.status in (401, 404), path


async def test_below_a_prefix_the_page_leads_to_its_files(api: Api) -> None:
    """A proxy that takes its prefix away, as ``kubectl proxy`` and nginx do; the page knows nothing of it."""

    async def forward(request: web.Request) -> web.Response:
        path = request.path.removeprefix(PREFIX)
        async with api.session.get(api.gateway.url + path) as response:
            return web.Response(body=await response.read(), status=response.status)

    proxy = web.Application()
    proxy.router.add_get(PREFIX + "/{path:.*}", forward)
    runner = web.AppRunner(proxy)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        base = f"http://127.0.0.1:{runner.addresses[0][1]}{PREFIX}/"
        async with api.session.get(base) as response:
            page = await response.text()
        named = re.findall(r'(?:href|src)="([^"]+)"', page)
        assert "ui/shell/main.js" in named
        for link in named:
            async with api.session.get(base + link) as response:
                assert response.status == 200, link
    finally:
        await runner.cleanup()
