"""Errors by kind in a browser: of all Modules and of one, the way to their lines, and who may not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from corvo_agent.access.roles import Role
from tests.world.machine import needs

from .accessible import findings
from .browser import becomes, browser_page, chromium, fits, page_of, until
from .log_world import MAIL, MARKUP, SHOP, log_world
from .worlds import TOKENS, with_tokens

pytestmark = [needs("chromium"), pytest.mark.timeout(400)]
FOLDED = f"{MARKUP.replace('1', '<n>')} of <n>"
ROWS = "[...document.querySelectorAll('.errors tbody tr')].map((row) => row.innerText)"


async def test_errors_of_all_are_counted_by_kind_and_lead_to_their_lines(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, chromium() as browser:
        stack = 'Traceback (most recent call last):\n  File "shop.py", line 7, in pay\nTimeoutError: slow\n'
        for number, name in enumerate((SHOP, MAIL, SHOP, SHOP)):
            world.write(name, 40 + number, "error", f"{MARKUP} of {number}", stack=stack)
        for scheme in ("light", "dark"):
            async with page_of(browser, world.gateway.url, color_scheme=scheme) as page:
                await page.goto(f"{world.gateway.url}/#/errors")
                first, second = await until(page, f"{ROWS}.length === 2 && {ROWS}")
                assert first.split()[:2] == ["4", "TimeoutError"]
                assert all(text in first for text in (SHOP, MAIL, FOLDED))
                assert "order <n>" in second
                await page.locator(".errors output", has_text="7 errors, 2 kinds").wait_for()
                await page.locator("summary").first.click()
                await page.locator("details[open] pre", has_text=f"{MARKUP} of 3").wait_for()
                assert await page.locator("img").count() == 0
                assert await findings(page) == []
                await fits(page)
                await page.keyboard.press("/")
                await page.keyboard.type("order")
                await until(page, f"{ROWS}.length === 1")
                await page.keyboard.press("Escape")
                await until(page, f"{ROWS}.length === 2")
                for key in ("j", "j", "Enter"):
                    await page.keyboard.press(key)
                await until(page, "document.querySelector('.status')?.textContent.startsWith('3 lines')")
                assert "fixed=order" in await page.evaluate("location.hash")


async def test_of_one_module_for_a_time_and_none_is_told_with_the_command(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url, expected=("404", "409")) as page:
        await page.goto(f"{world.gateway.url}/#/errors/{SHOP}?since=1h")
        assert "order <n>" in (await until(page, f"{ROWS}.length && {ROWS}"))[0]
        # Its lines are a quarter of an hour old.
        assert time.time_ns() - world.began > 800 * 10**9
        await page.get_by_label("Since").select_option("10m")
        await until(page, "document.querySelector('.state')?.innerText.includes('corvo errors')")
        assert "since=10m" in await page.evaluate("location.hash")
        module = page.get_by_label("Module, or a selector")
        await module.focus()
        names = "[...document.querySelectorAll('datalist option')].map((each) => each.value)"
        await module.fill("mail")
        await becomes(page, names, [MAIL])
        await module.fill("nothing")
        await page.keyboard.press("Enter")
        await until(page, "document.querySelector('.state.failed')?.innerText.includes('Not Found')")
        await page.get_by_role("button", name="Retry").wait_for()


async def test_whoever_may_not_read_is_told_so(tmp_path: Path) -> None:
    settings = with_tokens(tmp_path)
    async with log_world(tmp_path, settings) as world, browser_page(world.gateway.url, expected=("401", "403")) as page:
        await page.goto(f"{world.gateway.url}/#/errors/{SHOP}")
        await page.locator("#token").fill(TOKENS[Role.VIEWER][0])
        await page.keyboard.press("Enter")
        await until(page, "document.querySelector('.state.failed')?.innerText.includes('403')")
