"""What is wrong and where it is told: an agent that gives no answer, an etcd that is silent, a page behind a prefix."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from tests.tcp_proxy import TcpProxy
from tests.world.machine import needs

from .accessible import findings
from .browser import becomes, browser_page, drawn, fits, until
from .worlds import demo_console, fleet

pytestmark = [needs("chromium"), pytest.mark.timeout(400)]

BANNER = "!document.querySelector('.banner').hidden && document.querySelector('.banner').innerText"
STATUSES = "[...document.querySelectorAll('.rows [role=row]:not([hidden]) .status')].map((cell) => cell.innerText)"
SCREENS = {
    "module/node1-orders": "document.querySelector('.chart svg') && document.querySelector('.now strong')",
    "logs/node1-orders": "document.querySelector('.line .message')",
    "logs": "document.querySelector('.names a')",
    "errors": "document.querySelector('.errors .command, .errors tbody tr')",
    "stacks/node1-orders": "document.querySelector('.stack')",
    "stacks": "document.querySelector('.names a')",
    "profiles": "document.querySelector('.names a')",
    "profiles/node1-orders": "document.querySelector('.offers')",
    "audit": "document.querySelector('.audit .command, .audit .scroll:not([hidden])')",
}


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """The process does nothing meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@asynccontextmanager
async def deaf() -> AsyncIterator[str]:
    """The address of what takes connections, and says nothing."""
    server = socket.create_server(("127.0.0.1", 0))
    with server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@asynccontextmanager
async def behind(url: str, prefix: str) -> AsyncIterator[str]:
    """Where a proxy serves ``url`` below ``prefix``, which it takes away, as those in front of many pages do."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:

        async def forward(request: web.Request) -> web.StreamResponse:
            target = url + request.path_qs.removeprefix(prefix)
            body = await request.read()
            async with session.request(request.method, target, headers=request.headers, data=body) as answer:
                left = {"Transfer-Encoding", "Content-Length", "Connection"}
                headers = {key: value for key, value in answer.headers.items() if key not in left}
                response = web.StreamResponse(status=answer.status, headers=headers)
                await response.prepare(request)
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
                return response

        app = web.Application()
        app.router.add_route("*", f"{prefix}/{{rest:.*}}", forward)
        async with TestServer(app) as server:
            yield str(server.make_url(prefix))


async def test_what_gives_no_answer_is_told_from_what_is_quiet() -> None:
    name = "node000-pay-03"
    row = f"[...document.querySelectorAll('.rows [role=row]')].find((row) => row.innerText.includes('{name}'))"
    async with fleet(30) as made, deaf() as address, browser_page(made.gateway.url) as page:
        await made.store.put(endpoint_key(name), encode_endpoint(Endpoint(address)))
        await page.goto(f"{made.gateway.url}/#/fleet?filter=pay")
        await until(page, f"{row}?.className.includes('frozen')")
        await until(page, f"{row}.querySelector('.status').title.includes('no answer')")
        await becomes(page, f"[...new Set({STATUSES})].sort()", ["frozen", "live"])


async def test_a_silent_etcd_is_told_by_a_banner(tmp_path: Path) -> None:
    async with demo_console(tmp_path) as demo, browser_page(demo.open.url) as page:
        await page.goto(f"{demo.open.url}/#/fleet")
        await until(page, f"{STATUSES}.join() === 'live,live'")
        with stopped(demo.world.etcd.pid):
            told = await until(page, BANNER)
            assert "has not heard from etcd for" in told
            assert await findings(page) == []
        await until(page, "document.querySelector('.banner').hidden")


def answering(body: str) -> Callable[[Any], Awaitable[None]]:
    """Answers each request with ``body``."""

    async def answer(route: Any) -> None:
        await route.fulfill(status=200, body=body)

    return answer


async def test_an_answer_that_is_none_is_told_and_asked_for_again() -> None:
    name = "node000-pay-03"
    async with fleet(30) as made, browser_page(made.gateway.url) as page:
        for body, told in (("", "Not shown"), ('{"tasks": [', "Not understood"), ("<html>Sign in", "<html>Sign in")):
            answer = answering(body)
            await page.goto("about:blank")
            await page.route("**/stacks?*", answer)
            await page.goto(f"{made.gateway.url}/#/stacks/{name}")
            await page.locator(".stacks .state.failed", has_text=told).wait_for()
            await page.unroute("**/stacks?*", answer)
            await page.get_by_role("button", name="Retry").click()
            await page.locator(".stack").first.wait_for()


async def test_what_a_module_shows_stays_while_no_answer_comes() -> None:
    often = (
        "const slow = setInterval; window.setInterval = (act, period) => slow(act, period === 10000 ? 200 : period);"
    )
    async with (
        fleet(30) as made,
        TcpProxy(made.gateway.url) as wire,
        browser_page(wire.url, expected=("net::ERR",)) as page,
    ):
        failed = asyncio.Event()
        page.on("requestfailed", lambda request: failed.set() if request.url.endswith("/samples") else None)
        await page.add_init_script(often)
        await page.goto(f"{wire.url}/#/module/node000-pay-03")
        await page.locator(".charts .chart").first.wait_for()
        wire.refuse()
        async with asyncio.timeout(60):
            await failed.wait()
        await until(page, BANNER)
        await drawn(page)
        assert await page.locator(".charts .chart").count() > 1
        assert await page.locator(".charts .failed").count() == 0


async def test_under_the_prefix_of_a_proxy_it_is_the_same_page() -> None:
    async with fleet(30) as made, behind(made.gateway.url, "/tools/corvo") as url, browser_page(url) as page:
        await page.goto(url + "/")
        await until(page, f"{STATUSES}.includes('live')")
        name = "node000-mail-08"
        await made.change(name, restarts=77)
        row = f"[...document.querySelectorAll('.rows [role=row]')].find((row) => row.innerText.includes('{name}'))"
        await until(page, f"{row}?.innerText.includes('77')")
        await page.evaluate("location.hash = '#/stacks/node000-pay-03'")
        await until(page, "document.querySelector('.stack')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 3000])
async def test_every_screen_fits_every_window_in_both_themes(tmp_path: Path, width: int, scheme: str) -> None:
    context: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 700}}
    async with demo_console(tmp_path) as demo, browser_page(demo.open.url, **context) as page:
        for fragment, ready in SCREENS.items():
            await page.goto("about:blank")
            await page.goto(f"{demo.open.url}/#/{fragment}")
            await until(page, ready)
            await fits(page)
            assert await findings(page) == [], fragment
