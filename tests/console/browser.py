"""A real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tests.world.machine import program

_PATIENCE = 60
_PAUSE = "new Promise((done) => setTimeout(done, 50))"
_TEXT = "document.body?.innerText.slice(0, 2000)"


@asynccontextmanager
async def chromium() -> AsyncIterator[Any]:
    """A browser, until it is left."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        # Chromium's own sandbox is refused to root.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        found = program("chromium")
        browser = await playwright.chromium.launch(executable_path=found, args=arguments, timeout=120_000)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def page_of(
    browser: Any, own: str = "file:", *, expected: Sequence[str] = (), **context: Any
) -> AsyncIterator[Any]:
    """A page of ``browser`` that shares nothing with others, and may ask for nothing but what begins with ``own``.

    What it reports as wrong, the policy's refusals included, fails the test at the end, unless a text of ``expected``
    is in it.
    """
    faults: list[str] = []
    apart = await browser.new_context(**context)
    try:
        page: Any = await apart.new_page()
        page.set_default_timeout(60_000)
        _listen(page, own, faults)
        yield page
    finally:
        await apart.close()
    assert [fault for fault in faults if not any(text in fault for text in expected)] == []


@asynccontextmanager
async def browser_page(own: str = "file:", *, expected: Sequence[str] = (), **context: Any) -> AsyncIterator[Any]:
    """A page of a browser of its own; see ``page_of``."""
    async with chromium() as browser, page_of(browser, own, expected=expected, **context) as page:
        yield page


async def until(page: Any, condition: str) -> Any:
    """Wait until the script ``condition`` gives what counts as true: asked anew, for the policy forbids more.

    What held before already is not waited for: a condition has to say what the step before it has made true.
    """
    value = await _last_look(page, condition, bool)
    if not value:
        raise AssertionError(f"not within {_PATIENCE} s: {condition}\n{await page.evaluate(_TEXT)}")
    return value


async def becomes(page: Any, script: str, expected: Any) -> None:
    """Wait until ``script`` gives what equals ``expected``."""
    assert await _last_look(page, script, lambda value: bool(value == expected)) == expected, script


async def _last_look(page: Any, script: str, holds: Callable[[Any], bool]) -> Any:
    """What ``script`` gives once that ``holds``, or when time is up.

    A look is never given up: the process that asks serves the page as well, and answers itself when all else is done.
    """
    end = time.monotonic() + _PATIENCE
    while True:
        over = time.monotonic() > end
        value = await page.evaluate(script)
        if over or holds(value):
            return value
        await page.evaluate(_PAUSE)


async def drawn(page: Any) -> None:
    """Wait until the page has drawn what it was about to draw: for what must not have changed by that."""
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


async def fits(page: Any) -> None:
    """Wait until nothing of the page stands beside the window."""
    await until(page, "document.documentElement.scrollWidth <= innerWidth")


@asynccontextmanager
async def late(page: Any, wanted: Callable[[Any], bool]) -> AsyncIterator[asyncio.Event]:
    """The next answer to a request that is ``wanted`` comes when this is left; the event: it is there, and held."""
    held, over = asyncio.Event(), asyncio.Event()
    finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def hold(route: Any) -> None:
        if held.is_set() or not wanted(route.request):
            await route.fallback()
            return
        held.set()
        answer = await route.fetch()
        await over.wait()
        await route.fulfill(response=answer)
        finished.set_result(None)

    await page.route("**/*", hold)
    try:
        yield held
        over.set()
        async with asyncio.timeout(60):
            await finished
    finally:
        over.set()
        await page.unroute("**/*", hold)
    await drawn(page)


@asynccontextmanager
async def unanswered(page: Any, end: str) -> AsyncIterator[asyncio.Event]:
    """Requests whose address has this ``end`` are sent when this is left; the event: there is one that waits."""
    waits, over = asyncio.Event(), asyncio.Event()
    held: list[asyncio.Future[None]] = []

    async def hold(route: Any) -> None:
        sent = asyncio.get_running_loop().create_future()
        held.append(sent)
        waits.set()
        await over.wait()
        await route.continue_()
        sent.set_result(None)

    await page.route(f"**{end}", hold)
    try:
        yield waits
        over.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*held)
    finally:
        over.set()
        await page.unroute(f"**{end}", hold)


def _listen(page: Any, own: str, faults: list[str]) -> None:
    def said(message: Any) -> None:
        if message.type == "error":
            faults.append(message.text)

    def asked(request: Any) -> None:
        if not request.url.startswith((own, "blob:")):
            faults.append(request.url)

    page.on("console", said)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", asked)
