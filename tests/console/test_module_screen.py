"""One Module of the demo in a browser: its level, who changed it, what it publishes."""

from __future__ import annotations

import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from corvo_agent.levels.level import Level
from tests.world.machine import needs

from .accessible import findings
from .browser import becomes, chromium, fits, late, page_of, until
from .worlds import DemoConsole, demo_console

pytestmark = [needs("chromium"), pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

NAME = "node1-orders"
MARKUP = "<img src=x onerror=alert(1)>"
NOW = "(document.querySelector('.now')?.innerText ?? '')"
HISTORY = "document.querySelector('[aria-label=History]').innerText"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DemoConsole]:
    async with demo_console(Path(tmp_path_factory.mktemp("demo"))) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Any]:
    async with chromium() as running:
        yield running


async def opened(page: Any, demo: DemoConsole, name: str = NAME) -> None:
    await page.goto(f"{demo.open.url}/#/module/{name}")
    await until(page, "document.querySelector('.now strong')")


async def test_a_level_is_set_for_a_time_followed_told_and_ended(browser: Any, demo: DemoConsole) -> None:
    async with page_of(browser, demo.open.url) as page:
        await opened(page, demo)
        await page.get_by_label("Level", exact=True).last.select_option("Debug")
        # Reasons are what people type, and stay text.
        await page.get_by_label("Reason").fill(MARKUP)
        await page.get_by_role("button", name="Set level").click()
        # In force by the agent's own word, without a look again.
        told = await until(page, f"/Debug[^]*[89]m[^]*in force/.test({NOW}) && !/not in force/.test({NOW}) && {NOW}")
        assert MARKUP in told
        assert await page.locator("img").count() == 0
        await until(page, f"{HISTORY}.includes({MARKUP!r})")
        await page.get_by_label("Logger, if not all").fill("orders.stock")
        await page.get_by_label("Level", exact=True).last.select_option("Error")
        await page.get_by_role("button", name="Set level").click()
        await page.get_by_role("button", name="End the level of orders.stock").click()
        await until(page, "!document.querySelector('[aria-label=\"End the level of orders.stock\"]')")
        await page.get_by_role("button", name="End the override now").click()
        await until(page, f"!/Debug/.test({NOW}) && /in force/.test({NOW})")
        level = await demo.open.api.level(NAME, consistent=True)
        assert level.controls == ()
        assert level.applied is not None
        assert level.applied.level != Level.DEBUG.text


async def test_what_was_done_stands_in_its_history(browser: Any, demo: DemoConsole) -> None:
    async with page_of(browser, demo.open.url) as page:
        await opened(page, demo)
        await page.get_by_label("Reason").fill("case 12")
        await page.get_by_role("button", name="Set level").click()
        await until(page, f"/override/.test({HISTORY}) && /case 12/.test({HISTORY})")
        # Others have ended before.
        ends = f"({HISTORY}.match(/override-end/g) ?? []).length"
        before = await page.evaluate(ends)
        await page.get_by_role("button", name="End the override now").click()
        await until(page, f"{ends} > {before}")


async def test_its_variables_open_and_both_themes_can_be_read(browser: Any, demo: DemoConsole) -> None:
    for scheme in ("light", "dark"):
        async with page_of(browser, demo.open.url, color_scheme=scheme) as page:
            await opened(page, demo)
            summary = page.locator("summary", has_text="cpustats")
            await summary.click()
            await until(page, "document.querySelector('details[open] pre')?.innerText.includes('NumCPUs')")
            assert await findings(page) == []
            await fits(page)


async def test_answers_that_come_late_neither_undo_a_level_nor_close_what_was_opened(
    browser: Any, demo: DemoConsole
) -> None:
    async with page_of(browser, demo.open.url) as page:
        async with late(page, lambda request: request.method == "GET" and request.url.endswith("/level")) as held:
            await page.goto(f"{demo.open.url}/#/module/{NAME}")
            await held.wait()
            await page.get_by_role("button", name="Set level").click()
            await until(page, f"/Debug/.test({NOW})")
        assert "Debug" in await page.evaluate(NOW)
        await page.get_by_role("button", name="End the override now").click()
        await until(page, f"!/Debug/.test({NOW}) && /in force/.test({NOW})")
        # They are asked for every ten seconds.
        await page.locator("summary", has_text="cpustats").wait_for()
        async with late(page, lambda request: request.url.endswith("/Debug")) as held:
            await held.wait()
            await page.locator("summary", has_text="cpustats").click()
            await page.locator("details[open] pre").wait_for()
        assert await page.locator("details[open]").count() == 1


async def test_a_module_that_is_not_there_is_told(browser: Any, demo: DemoConsole) -> None:
    async with page_of(browser, demo.open.url, expected=("404 (", "400 (", "409 (", "503 (")) as page:
        await page.goto(f"{demo.open.url}/#/module/{MARKUP}")
        told = await until(page, "document.querySelector('.module .failed')?.innerText")
        assert told
        await becomes(page, "document.querySelector('h1').textContent", MARKUP)
        assert await page.locator("img").count() == 0


async def test_a_bundle_of_several_modules_is_collected_and_saved(browser: Any, demo: DemoConsole) -> None:
    async with page_of(browser, demo.open.url) as page:
        await page.goto(f"{demo.open.url}/#/fleet")
        await until(page, "document.querySelectorAll('.rows .live').length === 2")
        await page.keyboard.press("a")
        async with page.expect_download() as saving:
            await page.get_by_role("button", name="Bundle").click()
        path = await (await saving.value).path()
        with tarfile.open(path) as archive:
            names = archive.getnames()
        assert any(NAME in name for name in names)
        assert any("node2-orders" in name for name in names)
        await until(page, "document.querySelector('.told').textContent.includes('is saved')")
