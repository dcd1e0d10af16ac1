"""Logs in a browser, of real agents through a real gateway: merged, followed, filtered, beside each other, as text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.tcp_proxy import TcpProxy
from tests.world.machine import needs

from .accessible import findings
from .browser import browser_page, until
from .log_world import MAIL, MARKUP, SHOP, LogWorld, log_world

pytestmark = needs("chromium")

BOTH = f"names={SHOP},{MAIL}"
_SHOWN = "[...document.querySelectorAll('.line:not([hidden])')]"
_BOXES = f"{_SHOWN}.map((line) => line.getBoundingClientRect()).sort((one, other) => one.top - other.top)"


async def status(page: Any, text: str) -> str:
    """What the foot says, once it has ``text`` in it."""
    found = f"(document.querySelector('.status')?.textContent ?? '').includes({text!r})"
    return str(await until(page, f"{found} && document.querySelector('.status').textContent"))


async def shown(page: Any) -> list[str]:
    """The messages in sight, from top to bottom."""
    lines = await page.evaluate(
        f"{_SHOWN}.map((line) => [line.getBoundingClientRect().top, line.querySelector('.message').textContent.trim()])"
    )
    return [text for _, text in sorted(lines)]


async def opened(page: Any, world: LogWorld, query: str, said: str) -> None:
    await page.goto(world.link(query))
    await status(page, said)


async def test_two_logs_are_one_sequence_that_is_followed_and_stands_still_to_be_read(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url) as page:
        await opened(page, world, BOTH, "60 lines · following")
        newest = await shown(page)
        expected = [text for second in range(30) for text in (f"order {second}", f"mail {second}")]
        assert newest == expected[-len(newest) :]
        await page.keyboard.press("k")
        await page.keyboard.press("k")
        assert "Paused, 0 new" in await status(page, "Paused")
        before = await shown(page)
        for number in range(3):
            world.write(SHOP, 40 + number, "info", f"later {number}")
        await status(page, "Paused, 3 new")
        assert await shown(page) == before
        await page.keyboard.press("End")
        await status(page, "63 lines · following")
        assert (await shown(page))[-3:] == ["later 0", "later 1", "later 2"]


async def test_filters_are_asked_of_the_agents_stand_in_the_link_and_can_be_taken_away(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url) as page:
        await opened(page, world, f"{BOTH}&level=error", "3 lines")
        assert await shown(page) == ["order 5", "order 15", "order 25"]
        await page.get_by_label("Level and above").select_option("")
        await status(page, "60 lines")
        assert "level" not in page.url
        await page.get_by_label("What to look for").select_option("field")
        await page.get_by_label("Look for", exact=True).fill("status>=500")
        await page.keyboard.press("Enter")
        await status(page, "3 lines")
        assert "field.status%3E%3D=500" in page.url
        await page.locator(".condition", has_text="status >= 500").click()
        await status(page, "60 lines")
        await page.go_back()
        await status(page, "3 lines")


async def test_a_text_is_found_among_the_lines_that_are_here(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url) as page:
        await opened(page, world, BOTH, "60 lines")
        await page.keyboard.press("/")
        await page.keyboard.type("ORDER 2")
        await status(page, "11 of 60 lines")
        assert set(await page.locator(".line:not([hidden]) mark").all_inner_texts()) == {"order 2"}
        assert "find=ORDER+2" in page.url
        await page.keyboard.press("Escape")
        await status(page, "60 lines · ")


async def test_a_line_stands_beside_the_others_as_json_whose_values_filter(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url) as page:
        await opened(page, world, BOTH, "60 lines")
        await page.locator(".line", has_text="mail 28").click()
        detail = page.locator(".detail")
        assert await page.locator("img").count() == 0
        await detail.get_by_role("button", name=re.compile("▸ to")).click()
        assert MARKUP in await detail.inner_text()
        await detail.get_by_role("button", name="Lines around it").click()
        await until(page, "document.querySelectorAll('.around .data').length > 5")
        around = await detail.locator(".around .data").all_inner_texts()
        assert [text for text in around if "mail" not in text] == []
        assert [each for each in around if "mail 28" in each] == [await detail.locator(".around .chosen").inner_text()]
        found = await findings(page)
        assert found == [], found
        await detail.get_by_role("button", name=MARKUP).first.click()
        await until(page, "location.hash.includes('field.to.name')")
        await status(page, "30 lines")
        await page.keyboard.press("Escape")
        assert await detail.is_hidden()


async def test_a_brush_over_the_histogram_asks_for_its_span(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url) as page:
        await opened(page, world, f"names={SHOP}", "30 lines")
        # Agents count all lines of their logs; of some lines only those of the page are known.
        caption = "document.querySelector('.chart figcaption').textContent"
        assert "30 lines in the logs, 3 errors" in await until(page, f"/in the logs/.test({caption}) && {caption}")
        world.write(SHOP, 31, "info", "later")
        await opened(page, world, f"names={SHOP}&until=1m", "31 lines")
        await until(page, f"/31 lines on this page, 3 errors/.test({caption})")
        box = await page.locator(".chart canvas").bounding_box()
        # A bar a second, 7 pixels each.
        for act, bar in ((page.mouse.move, 10), (page.mouse.down, None), (page.mouse.move, 14), (page.mouse.up, None)):
            await (act() if bar is None else act(box["x"] + 7 * bar + 3, box["y"] + 20))
        await status(page, "5 lines · not followed")
        assert await shown(page) == [f"order {second}" for second in range(10, 15)]
        assert await page.get_by_label("Since: 10m or a time").input_value() in page.url.replace("%3A", ":")


async def test_long_lines_are_wrapped_to_the_height_that_they_take(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url) as page:
        texts = ("x" * 500, "a b " * 90, "漢字" * 80, "tab\tinside " * 30, "first\nsecond\nthird")
        for second, text in enumerate(texts):
            world.write(SHOP, 50 + second, "info", text)
        await opened(page, world, f"names={SHOP}&wrap=yes", "35 lines")
        # Each begins where the one before it ends.
        await until(page, f"{_BOXES}.every((box, at, all) => !at || box.top === all[at - 1].bottom)")
        assert await page.evaluate(f"{_BOXES}.some((box) => box.height > 20)")
        await page.keyboard.press("w")
        await until(page, f"{_BOXES}.every((box) => box.height === 20)")


async def test_nothing_asked_nothing_there_and_a_module_that_is_missing_are_told(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url, expected=("404", "409")) as page:
        await page.goto(world.link(""))
        assert "corvo logs NAME -f" in await page.locator(".state").inner_text()
        await page.get_by_label("Modules by name").fill(f"{SHOP} node9-none")
        await page.keyboard.press("Enter")
        await status(page, "30 lines")
        assert "node9-none" in await page.locator(".troubles").inner_text()
        await page.goto(world.link(f"names={SHOP}&fixed=nowhere"))
        await until(page, "document.querySelector('.state')?.textContent.includes('matches')")
        # A bad parameter: the agent's own words.
        await page.goto(world.link(f"names={SHOP}&grep=("))
        await until(page, "document.querySelector('.troubles').textContent.includes('grep')")


async def test_what_is_written_during_an_outage_comes_when_it_is_over_and_comes_once(tmp_path: Path) -> None:
    async with (
        log_world(tmp_path) as world,
        TcpProxy(world.gateway.url) as wire,
        browser_page(wire.url, expected=("net::ERR",)) as page,
    ):
        await page.goto(f"{wire.url}/#/logs?{BOTH}")
        await status(page, "60 lines")
        wire.refuse()
        await until(page, "!document.querySelector('.banner').hidden")
        assert "order 29" in await shown(page)
        for number in range(3):
            world.write(SHOP, 40 + number, "info", f"meanwhile {number}")
        # It tries again by itself.
        wire.allow()
        await status(page, "63 lines")
        assert [text for text in await shown(page) if "meanwhile" in text] == [f"meanwhile {each}" for each in range(3)]


@pytest.mark.parametrize("width", [360, 3000])
async def test_narrow_and_wide_windows_have_room_for_all_of_it(tmp_path: Path, width: int) -> None:
    window = {"width": width, "height": 740}
    async with log_world(tmp_path) as world, browser_page(world.gateway.url, viewport=window) as page:
        await opened(page, world, f"{BOTH}&field.status%3D=500", "3 lines")
        fits = (
            "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
        )
        assert await page.evaluate(fits)
        await page.locator(".line", has_text="order 15").click()
        assert await page.evaluate(fits)
        assert await page.get_by_role("button", name="Close").is_visible()


async def test_a_gap_is_seen_and_a_line_can_be_copied(tmp_path: Path) -> None:
    allowed = ["clipboard-read", "clipboard-write"]
    async with log_world(tmp_path) as world, browser_page(world.gateway.url, permissions=allowed) as page:
        await opened(page, world, f"names={SHOP}&lines=20", "20 lines, from the newest 20 of each log on")
        world.files[SHOP].write_bytes(b"")
        world.write(SHOP, 50, "fatal", "the first of an empty file")
        await until(page, "document.querySelector('.line.gap')?.textContent.includes('truncated in place')")
        await page.locator(".line.fatal").click()
        await page.get_by_role("button", name="Copy line").click()
        await until(page, "document.querySelector('.told').textContent === 'Copied.'")
        copied = str(await page.evaluate("navigator.clipboard.readText()"))
        assert copied.endswith(f"FATAL {SHOP} the first of an empty file")
