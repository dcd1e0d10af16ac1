"""The audit in a browser: what was changed and refused, as it happens, and who may not see it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corvo_agent.access.roles import Role
from tests.world.machine import needs

from .accessible import findings
from .browser import chromium, fits, page_of, until
from .log_world import MAIL, MARKUP, SHOP, log_world
from .worlds import TOKENS, with_tokens

pytestmark = [needs("chromium"), pytest.mark.timeout(400)]
ROWS = "[...document.querySelectorAll('.audit tbody tr:not([hidden])')].map((row) => row.innerText)"


async def put(page: Any, name: str, **body: object) -> int:
    """Set a level, as another tab would; the status of the answer."""
    script = """([name, body, token]) => fetch(`configs/diagnostics/v1/modules/${name}/level`, {
      method: "PUT", body: JSON.stringify(body),
      headers: {"Content-Type": "application/json", Authorization: `Bearer ${token}`},
    }).then((answer) => answer.status)"""
    return int(await page.evaluate(script, [name, body, body.pop("token")]))


async def test_changes_and_refusals_come_by_themselves(tmp_path: Path) -> None:
    operator, reader = TOKENS[Role.OPERATOR][0], TOKENS[Role.READER][0]
    async with log_world(tmp_path, with_tokens(tmp_path)) as world, chromium() as browser:
        url = world.gateway.url
        for scheme in ("light", "dark"):
            async with page_of(browser, url, expected=("401", "403"), color_scheme=scheme) as page:
                await page.goto(f"{url}/#/audit/{SHOP}")
                await page.locator("#token").fill(operator)
                await page.keyboard.press("Enter")
                await until(page, "document.querySelector('.audit .state, .audit tbody tr')")
                # A reason of its own: the page lists what was done before it, too.
                reason = f"{MARKUP} {scheme}"
                await put(page, SHOP, level="Debug", **{"for": "10m"}, reason=reason, token=operator)
                newest = await until(page, f"{ROWS}[0]?.includes({reason!r}) && {ROWS}[0]")
                assert all(text in newest for text in (SHOP, "Debug", "operator", "ok"))
                assert await page.locator("img").count() == 0
                assert await put(page, MAIL, level="Debug", **{"for": "10m"}, token=reader) == 403
                await put(page, SHOP, level=None, token=operator)
                await until(page, f"/level ended/.test({ROWS}[0])")
                assert not any(MAIL in row for row in await page.evaluate(ROWS))
                assert await findings(page) == []
                await fits(page)
                await page.get_by_label("Module").fill("")
                await page.keyboard.press("Enter")
                await until(page, f"{ROWS}.some((row) => row.includes('PUT ') && row.includes('reader'))")
                await page.keyboard.press("/")
                await page.keyboard.type("level ended")
                told = f"document.querySelector('.audit output').textContent.startsWith(`${{{ROWS}.length}} of `)"
                await until(page, f"{ROWS}.length && {ROWS}.every((row) => row.includes('level ended')) && {told}")
                await page.keyboard.press("Escape")
                await until(page, f"{ROWS}.some((row) => !row.includes('level ended'))")
                await page.get_by_label("Who").fill("nobody")
                await page.keyboard.press("Enter")
                await until(page, "document.querySelector('.audit .state')?.innerText.includes('corvo history')")
        async with page_of(browser, url, expected=("401",)) as page:
            await page.goto(f"{url}/#/audit")
            await page.locator("#token").fill(reader)
            await page.keyboard.press("Enter")
            told = await until(page, "document.querySelector('.state.failed')?.innerText")
            assert "Read only: reader" in told
