"""A real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.world.machine import program


@asynccontextmanager
async def browser_page(own: str = "file:", **context: Any) -> AsyncIterator[Any]:
    """A page of a new browser. What it reports as wrong, the policy's refusals included, fails the test at the end.

    So does a request for what does not begin with ``own``.
    """
    from playwright.async_api import async_playwright

    faults: list[str] = []
    async with async_playwright() as playwright:
        # Chromium's own sandbox is refused to root.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=program("chromium"), args=arguments)
        try:
            page: Any = await (await browser.new_context(**context)).new_page()
            _listen(page, faults, own)
            yield page
        finally:
            await browser.close()
    assert faults == []


def _listen(page: Any, faults: list[str], own: str) -> None:
    def said(message: Any) -> None:
        if message.type == "error":
            faults.append(message.text)

    def asked(request: Any) -> None:
        if not request.url.startswith(own):
            faults.append(request.url)

    page.on("console", said)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", asked)
