"""A real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tests.world.machine import program


@asynccontextmanager
async def chromium() -> AsyncIterator[Any]:
    """A browser, until it is left."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        # Chromium's own sandbox is refused to root.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=program("chromium"), args=arguments)
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
    """Wait until the script ``condition`` gives what counts as true: asked anew, for the policy forbids more."""
    async with asyncio.timeout(60):
        while not (value := await page.evaluate(condition)):
            await page.evaluate("new Promise((done) => setTimeout(done, 50))")
    return value


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
