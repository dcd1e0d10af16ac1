"""The console's shell in a browser: tokens, the one stream, outages, themes, keyboard, a forwarded port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from corvo_agent.access.roles import Role
from corvo_agent.modules.names import key_of
from tests.tcp_proxy import TcpProxy
from tests.world.machine import needs

from .browser import becomes, browser_page, drawn, unanswered, until
from .worlds import TOKENS, Fleet, fleet, with_tokens

pytestmark = [needs("chromium"), pytest.mark.timeout(400)]

#: All of the fleet has come, and is drawn.
LISTED = "document.querySelector('.fleet:not(.old)') && document.querySelectorAll('.rows .live:not([hidden])').length"
BANNER = "!document.querySelector('.banner').hidden && document.querySelector('.banner').innerText"
NO_TOKEN = ("401 (Unauthorized)",)


@pytest_asyncio.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Fleet]:
    """A small fleet behind a gateway that wants tokens."""
    async with fleet(30, with_tokens(tmp_path)) as made:
        yield made


async def test_a_token_opens_it_and_stays_in_the_tab_and_in_headers(guarded: Fleet) -> None:
    url = guarded.gateway.url
    async with browser_page(url, expected=NO_TOKEN) as page:
        sent: list[tuple[str, str]] = []
        page.on("request", lambda request: sent.append((request.url, request.headers.get("authorization", ""))))
        await page.goto(url + "/")
        await page.locator("#token").fill("wrong")
        await page.keyboard.press("Enter")
        told = await until(page, "document.querySelector('[role=alert]').textContent")
        assert "wrong, expired or revoked" in told
        await page.locator("#token").fill("pasted “with quotes”")
        await page.keyboard.press("Enter")
        await page.locator("[role=alert]", has_text="This is no token").wait_for()
        token = TOKENS[Role.OPERATOR][0]
        await page.locator("#token").fill(token)
        await page.keyboard.press("Enter")
        await until(page, LISTED)
        await becomes(page, "document.querySelector('.who').textContent", "operator (operator)")
        assert not any(token in address for address, _ in sent)
        assert {f"Bearer {token}"} == {shown for address, shown in sent if address.endswith("/watch")}
        assert await page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
        # A reload keeps it, signing out does not.
        await page.reload()
        await until(page, LISTED)
        # Who comes back sees the fleet at once, as what it was; whoever signs in after that sees nothing of it.
        await page.evaluate("location.hash = '#/audit'")
        await page.locator(".audit").wait_for()
        async with unanswered(page, "/watch") as held:
            await page.evaluate("location.hash = '#/fleet'")
            await held.wait()
            await until(page, "document.querySelector('.fleet.old .rows .name')")
        await until(page, LISTED)
        await page.get_by_role("button", name="Sign out").click()
        await page.locator("#token").wait_for()
        await becomes(page, "sessionStorage.length", 0)
        async with unanswered(page, "/watch") as held:
            await page.locator("#token").fill(TOKENS[Role.READER][0])
            await page.keyboard.press("Enter")
            await held.wait()
            await drawn(page)
            assert await page.locator(".fleet .rows .name").count() == 0
        await until(page, LISTED)


async def test_a_browser_that_keeps_nothing_for_pages_shows_them(guarded: Fleet) -> None:
    refused = "Object.defineProperty(window, '%s', { get() { throw new DOMException('refused', 'SecurityError'); } });"
    async with browser_page(guarded.gateway.url, expected=NO_TOKEN) as page:
        await page.add_init_script(refused % "localStorage" + refused % "sessionStorage")
        await signed_in(page, guarded.gateway.url, Role.READER)
        theme = "document.documentElement.dataset.theme"
        await becomes(page, theme, "light")
        await page.keyboard.press("d")
        await becomes(page, theme, "dark")
        await page.get_by_role("button", name="Sign out").click()
        await page.locator("#token").wait_for()


async def test_a_token_that_is_taken_away_leads_back_to_the_form(guarded: Fleet, tmp_path: Path) -> None:
    url = guarded.gateway.url
    async with browser_page(url, expected=NO_TOKEN) as page:
        await signed_in(page, url, Role.OPERATOR)
        (tmp_path / "tokens").write_text(TOKENS[Role.ADMIN][1])
        await guarded.gateway.reload_credentials()
        await page.evaluate("location.hash = '#/module/node000-pay-03'")
        told = await until(page, "document.querySelector('.signin [role=alert]')?.textContent")
        assert "expired, or was revoked" in told


async def test_who_may_only_read_is_told_why_on_every_action(guarded: Fleet) -> None:
    url = guarded.gateway.url
    async with browser_page(url, expected=NO_TOKEN) as page:
        await signed_in(page, url, Role.READER)
        await page.keyboard.press("a")
        button = page.get_by_role("button", name="Set level")
        assert await button.get_attribute("aria-disabled") == "true"
        reason = await button.get_attribute("title")
        assert reason == "Read only: reader (reader) may not do this (level)."
        await button.dispatch_event("click")
        await becomes(page, "document.querySelector('.told').textContent", reason)
        await page.goto(url + "/#/module/node000-pay-03")
        await until(page, "document.querySelector('.now strong')")
        assert await page.get_by_role("button", name="Set level").get_attribute("aria-disabled") == "true"
        assert (await guarded.gateway.api.level("node000-pay-03", consistent=True)).controls == ()


async def test_an_outage_is_told_with_the_age_and_ends_by_itself() -> None:
    """Through a wire that is cut, as a forwarded port is: what was shown stays, and is said to be old."""
    async with (
        fleet(30) as made,
        TcpProxy(made.gateway.url) as wire,
        browser_page(wire.url, expected=("net::ERR",)) as page,
    ):
        await page.goto(wire.url + "/")
        await until(page, LISTED)
        wire.refuse()
        told = await until(page, BANNER)
        assert "Disconnected" in told
        assert "old. Next try in" in told
        await until(page, f"({LISTED}) > 10")
        wire.allow()
        name = "node000-mail-08"
        await made.change(name, restarts=77)
        # It may have tried again by itself meanwhile: then the button is not to be seen any more.
        await page.evaluate("document.querySelector('.banner button').click()")
        rows = "[...document.querySelectorAll('.rows [role=row]')].map((row) => row.innerText)"
        await until(page, f"{rows}.some((text) => text.includes('{name}') && text.includes('77'))")
        await page.locator(".banner").wait_for(state="hidden")


async def test_one_stream_a_tab_closed_while_it_is_hidden() -> None:
    async with fleet(30) as made, browser_page(made.gateway.url, expected=("net::ERR_ABORTED",)) as page:
        began, ended = counted(page, "request"), counted(page, "requestfailed")
        await page.goto(made.gateway.url + "/")
        await until(page, LISTED)
        await page.evaluate("location.hash = '#/module/node000-pay-03'")
        await until(page, "document.querySelector('.now strong')")
        await streams(page, began, ended, (2, 1))
        hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
        change = "document.dispatchEvent(new Event('visibilitychange'))"
        for hidden, expected in (("true", (2, 2)), ("false", (3, 2))):
            await page.evaluate(hide % hidden + change)
            await streams(page, began, ended, expected)
        # What has gone meanwhile is told when the page is looked at again.
        await page.evaluate(hide % "true" + change)
        await streams(page, began, ended, (3, 3))
        await made.store.delete(key_of("node000-pay-03"))
        await page.evaluate(hide % "false" + change)
        await page.locator(".module", has_text="This Module has been deleted.").wait_for()
        await becomes(page, "document.querySelector('.head .word').innerText", "deleted")


def counted(page: Any, event: str) -> list[str]:
    """The streams that such an event was about, as they come."""
    seen: list[str] = []
    page.on(event, lambda request: seen.append(request.url) if request.url.endswith("/watch") else None)
    return seen


async def streams(page: Any, began: list[str], ended: list[str], expected: tuple[int, int]) -> None:
    """Wait until so many have begun and ended: the browser tells of both when it comes to that."""
    async with asyncio.timeout(60):
        while (len(began), len(ended)) != expected:
            await drawn(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_theme_is_the_persons_until_it_is_changed_and_kept(scheme: str) -> None:
    other = {"light": "dark", "dark": "light"}[scheme]
    async with fleet(10) as made, browser_page(made.gateway.url, color_scheme=scheme) as page:
        await page.goto(made.gateway.url + "/")
        await until(page, LISTED)
        theme = "document.documentElement.dataset.theme"
        await becomes(page, theme, scheme)
        await page.keyboard.press("d")
        await becomes(page, theme, other)
        await page.reload()
        await until(page, LISTED)
        await becomes(page, theme, other)


async def test_the_keyboard_leads_everywhere_and_its_sheet_tells_how() -> None:
    async with fleet(30) as made, browser_page(made.gateway.url) as page:
        await page.goto(made.gateway.url + "/")
        await until(page, LISTED)
        await page.keyboard.press("?")
        for text in ("next module", "filter", "light or dark"):
            await page.locator("dialog[open]", has_text=text).wait_for()
        await page.keyboard.press("Escape")
        # Until then it keeps all keys to itself.
        await page.locator("dialog[open]").wait_for(state="detached")
        # It tells of the screen that is shown, and goes with it.
        await page.keyboard.press("?")
        await page.locator("dialog[open]").wait_for()
        await page.evaluate("location.hash = '#/module'")
        await page.locator(".module", has_text="Which Module?").wait_for()
        assert await page.locator("dialog[open]").count() == 0
        await page.go_back()
        await until(page, LISTED)
        for key in ("/", "p", "a", "y", "Enter", "j", "Enter"):
            await page.keyboard.press(key)
        await until(page, "document.querySelector('.module h1')")
        await becomes(page, "location.hash", "#/module/node000-pay-09")
        await page.keyboard.press("Escape")
        await until(page, LISTED)
        await page.goto(made.gateway.url + "/#/nowhere")
        await becomes(page, "document.querySelector('h1')?.textContent", "No such screen")


async def signed_in(page: Any, url: str, role: Role) -> None:
    """Open the page with the token of ``role``."""
    await page.goto(url + "/")
    await page.locator("#token").fill(TOKENS[role][0])
    await page.keyboard.press("Enter")
    await until(page, LISTED)
