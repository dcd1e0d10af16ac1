"""Stacks in a browser, of this process: a deadlock, folded tasks, search, what is left out, names that are markup."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.cli.commands.look.test_stacks import waiting_tasks
from tests.world.machine import needs

from .accessible import findings
from .browser import browser_page, late, until
from .log_world import MARKUP, SHOP, log_world

pytestmark = [needs("chromium"), pytest.mark.timeout(400)]


async def test_deadlocks_come_first_and_tasks_at_one_place_are_one(tmp_path: Path) -> None:
    async with (
        log_world(tmp_path) as world,
        browser_page(world.gateway.url) as page,
        waiting_tasks(),
        asyncio.TaskGroup() as tasks,
    ):
        odd = tasks.create_task(asyncio.sleep(3600), name=MARKUP)
        await page.goto(f"{world.gateway.url}/#/stacks/{SHOP}")
        await until(page, "document.querySelector('.stack')")
        told = str(await page.locator(".page").inner_text())
        assert told.startswith("deadlock: ")
        assert "12 × taker-0, taker-1, taker-2, taker-3, taker-4 and 7 more" in told
        assert "waits for 12 x taker-0" in told
        assert MARKUP in told
        assert await page.locator("img").count() == 0
        found = await findings(page)
        assert found == [], found
        await page.keyboard.press("/")
        await page.keyboard.type("taker-11")
        found_of = "document.querySelector('.bar output').textContent"
        await until(page, f"{found_of}.startsWith('1 of ')")
        await page.keyboard.press("Escape")
        await until(page, f"{found_of} === ''")
        some = await until(page, "document.querySelectorAll('.stack').length")
        await page.keyboard.press("a")
        await until(page, f"document.querySelectorAll('.stack').length > {some}")
        await page.keyboard.press("j")
        await until(page, "document.activeElement.className === 'stack'")
        odd.cancel()


async def test_a_module_that_is_not_there_is_told_in_the_words_of_the_gateway(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url, expected=("409",)) as page:
        await page.goto(f"{world.gateway.url}/#/stacks")
        await page.locator(".state .command", has_text="corvo stacks NAME").wait_for()
        await page.get_by_label("Module", exact=True).fill("node9-none")
        await page.keyboard.press("Enter")
        await until(page, "document.querySelector('.state.failed')?.textContent.includes('Not Found')")
        await page.get_by_role("button", name="Retry").wait_for()


async def test_an_answer_that_comes_after_that_of_a_later_question_is_not_shown(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url) as page:
        await page.goto(f"{world.gateway.url}/#/stacks/{SHOP}")
        left_out = page.locator(".page > p", has_text="of the agent's own are left out")
        await left_out.wait_for()
        async with late(page, lambda request: request.url.endswith("/stacks?all=true")) as held:
            await page.keyboard.press("a")
            await held.wait()
            async with page.expect_response("**/stacks?all=false"):
                await page.keyboard.press("a")
            await until(page, "!document.querySelector('.page.old')")
        # What is searched is what is shown.
        await page.keyboard.press("/")
        await page.keyboard.type("e")
        await until(page, "document.querySelector('.bar output').textContent.includes(' of ')")
        await left_out.wait_for()
