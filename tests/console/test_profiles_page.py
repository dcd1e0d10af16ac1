"""Profiles in a browser: taken from a real agent, followed, opened, compared, saved, forgotten; and who may not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from corvo_agent.access.roles import Role
from corvo_agent.profiles.pprof.reader import decode
from tests.world.machine import needs

from .accessible import findings
from .browser import becomes, browser_page, until
from .log_world import MARKUP, SHOP, log_world
from .worlds import TOKENS, with_tokens

pytestmark = [needs("chromium"), pytest.mark.timeout(400)]


async def _waits() -> None:
    await asyncio.sleep(3600)


@asynccontextmanager
async def odd_frame() -> AsyncIterator[None]:
    """A task in a function that has markup for its name."""
    named = FunctionType(_waits.__code__.replace(co_name=MARKUP, co_qualname=MARKUP), {"asyncio": asyncio})
    task = asyncio.create_task(named())
    try:
        yield
    finally:
        task.cancel()


async def take(page: Any, kind: str, seconds: str = "") -> None:
    """Fill in the form, and wait until there is one more that is done."""
    done = "[...document.querySelectorAll('.profiles tbody tr a')].length"
    before = await page.evaluate(done)
    await page.get_by_label("Kind of profile").select_option(kind)
    if seconds:
        await page.get_by_label("Seconds").fill(seconds)
    await page.get_by_role("button", name="Take", exact=True).click()
    await until(page, f"{done} > {before}")


async def test_profiles_are_taken_opened_compared_saved_and_forgotten(tmp_path: Path) -> None:
    async with (
        log_world(tmp_path) as world,
        browser_page(world.gateway.url, expected=("404",)) as page,
        odd_frame(),
    ):
        await page.goto(f"{world.gateway.url}/#/profiles/{SHOP}")
        await until(page, "document.querySelector('.profiles')?.textContent.includes('corvo profile')")
        await take(page, "goroutine")
        await take(page, "goroutine")
        await take(page, "profile", "0.5")
        found = await findings(page)
        assert found == [], found
        async with page.expect_download() as saving:
            await page.get_by_role("button", name="Download").nth(1).click()
        file = tmp_path / "saved.pb.gz"
        await (await saving.value).save_as(file)
        assert any(MARKUP in frame.function for each in decode(file.read_bytes()).samples for frame in each.stack)
        await page.get_by_role("link", name="Tasks and threads").first.click()
        await until(page, "document.querySelector('canvas')")
        await becomes(page, "document.querySelector('h1').textContent", f"Tasks and threads of {SHOP}")
        await page.keyboard.press("/")
        await page.keyboard.type("onerror")
        await until(page, "document.querySelector('.found').textContent.startsWith('1 functions')")
        await page.keyboard.press("Enter")
        await page.locator("output.detail", has_text=MARKUP).wait_for()
        await page.keyboard.press("t")
        await page.locator(".flame-graph tbody button", has_text=MARKUP).wait_for()
        assert await page.locator("img").count() == 0
        await page.keyboard.press("Escape")
        await page.get_by_label("Compare with").select_option(index=1)
        await until(page, "document.querySelector('.total')?.textContent.includes('since')")
        found = await findings(page)
        assert found == [], found
        # One that is not there any more cannot be saved, which is told.
        forget = "fetch(`configs/diagnostics/v1/profiles/${%s}`, { method: 'DELETE' }).then(({ ok }) => ok)"
        assert await page.evaluate(forget % "new URLSearchParams(location.hash.split('?')[1]).get('open')")
        await page.get_by_role("button", name="Download").click()
        await page.locator(".told", has_text="Not saved: this gateway").wait_for()
        await page.get_by_role("link", name="All profiles").click()
        await until(page, "document.querySelectorAll('.profiles tbody tr').length === 2")
        for left in (1, 0):
            await page.get_by_role("button", name="Forget").first.click()
            await until(page, f"document.querySelectorAll('.profiles tbody tr').length === {left}")


async def test_one_that_is_being_taken_shows_how_far_it_is_and_can_be_ended(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url, expected=("429", "404")) as page:
        sent: list[Any] = []
        page.on("request", lambda request: sent.append(request.post_data_json) if request.method == "POST" else None)
        await page.goto(f"{world.gateway.url}/#/profiles")
        await page.get_by_role("button", name="Take", exact=True).click()
        await page.locator(".told", has_text="Name the Module first").wait_for()
        await page.goto(f"{world.gateway.url}/#/profiles/{SHOP}")
        await until(page, "document.querySelector('.offers')")
        # An empty field means what it hints at.
        await page.get_by_label("Seconds").fill("")
        await page.get_by_role("button", name="Take", exact=True).click()
        await page.get_by_role("button", name="Cancel").click()
        await until(page, "document.querySelector('.profiles tbody')?.textContent.includes('cancelled')")
        assert {"profile": "profile", "parameters": {"seconds": "10"}} in sent
        await page.get_by_role("button", name="Forget").click()
        await until(page, "!document.querySelector('.profiles tbody')")
        await page.get_by_label("More parameters").fill("seconds=60")
        await page.get_by_role("button", name="Take", exact=True).click()
        # How far it is comes again and again, to a button that stays and keeps the focus.
        await page.get_by_role("button", name="Cancel").focus()
        far = await until(page, "document.querySelector('progress')?.value")
        await until(page, f"document.querySelector('progress').value > {far}")
        assert await page.evaluate("document.activeElement.textContent") == "Cancel"
        await page.get_by_role("button", name="Take", exact=True).click()
        await until(page, "document.querySelector('.told').textContent.includes('Try again in')")
        await page.get_by_role("button", name="Cancel").click()
        await until(page, "document.querySelector('.profiles tbody')?.textContent.includes('cancelled')")
        # One that its gateway has forgotten while the page was not looked at is not being taken for ever.
        rows = "document.querySelectorAll('.profiles tbody tr').length"
        await page.get_by_role("button", name="Take", exact=True).click()
        running = await until(page, "document.querySelector('progress')?.dataset.profile")
        assert await page.evaluate(rows) == 2
        hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
        change = "document.dispatchEvent(new Event('visibilitychange'));"
        await page.evaluate(hide % "true" + change)
        one = f"fetch('configs/diagnostics/v1/profiles/{running}', {{ method: 'DELETE' }}).then(({{ ok }}) => ok)"
        # It is ended, and then forgotten.
        assert await page.evaluate(one)
        assert await page.evaluate(one)
        await page.evaluate(hide % "false" + change)
        await until(page, f"{rows} === 1")


async def test_whoever_may_not_is_told_why(tmp_path: Path) -> None:
    settings = with_tokens(tmp_path)
    async with (
        log_world(tmp_path, settings) as world,
        browser_page(world.gateway.url, expected=("401", "403")) as page,
    ):
        await page.goto(f"{world.gateway.url}/")
        await page.locator("#token").fill(TOKENS[Role.VIEWER][0])
        await page.keyboard.press("Enter")
        await until(page, "document.querySelector('.rows .live')")
        await page.goto(f"{world.gateway.url}/#/profiles/{SHOP}")
        button = page.get_by_role("button", name="Take", exact=True)
        assert await button.get_attribute("aria-disabled") == "true"
        assert str(await button.get_attribute("title")).startswith("Read only: viewer")
        for screen in ("stacks", "logs"):
            await page.goto(f"{world.gateway.url}/#/{screen}/{SHOP}")
            # Of this screen: the one before it said the same.
            await until(page, f"document.querySelector('.{screen} .state.failed')?.textContent.includes('403')")
