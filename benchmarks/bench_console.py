"""The console in a browser: a fleet of 10,000, a log of 100,000 lines, a flame graph of 20,000 calls.

Needs Chromium and Playwright, as ``tox run -e console`` has them. The claims stand in ``console_fleet``,
``console_logs`` and ``console_flame``. The browser draws in software; others' load moves every figure but shares.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from benchmarks import console_flame, console_fleet, console_logs
from benchmarks.report import publish
from tests.console.browser import browser_page

_WINDOW = {"width": 1280, "height": 800}


async def _measure() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as scratch:
        async with browser_page("http", viewport=_WINDOW) as page:
            rows += await console_fleet.measure(page)
        async with browser_page("http", viewport=_WINDOW) as page:
            rows += await console_logs.measure(page, Path(scratch))
        async with browser_page("file:", viewport=_WINDOW) as page:
            rows += await console_flame.measure(page, Path(scratch))
    return rows


if __name__ == "__main__":
    publish("console", asyncio.run(_measure()), "playwright")
