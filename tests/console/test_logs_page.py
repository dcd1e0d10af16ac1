"""Logs in a browser, of real agents through a real gateway: merged, followed, filtered, beside each other, as text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.tcp_proxy import TcpProxy
from tests.world.machine import needs

from .accessible import findings
from .browser import becomes, browser_page, drawn, until
from .log_world import MAIL, MARKUP, SHOP, LogWorld, log_world

pytestmark = [needs("chromium"), pytest.mark.timeout(400)]

BOTH = f"names={SHOP},{MAIL}"
_SHOWN = "[...document.querySelectorAll('.line:not([hidden])')]"
_BOXES = f"{_SHOWN}.map((line) => line.getBoundingClientRect()).sort((one, other) => one.top - other.top)"
#: The messages in sight, from top to bottom. The foot tells of lines before they are drawn.
MESSAGES = (
    f"{_SHOWN}.map((line) => [line.getBoundingClientRect().top, line.querySelector('.message').textContent.trim()])"
    ".sort((one, other) => one[0] - other[0]).map((each) => each[1])"
)
_WATCH = """
stood = [];
const standing = document.querySelector(".standing");
new MutationObserver(() => stood.push(standing.textContent)).observe(standing, { childList: true });
"""
_CAPTION = "(document.querySelector('.chart figcaption')?.textContent ?? '')"


async def status(page: Any, begins: str) -> None:
    """Wait until what the foot says begins so."""
    await until(page, f"document.querySelector('.status')?.textContent.startsWith({begins!r})")


async def opened(page: Any, world: LogWorld, query: str, said: str) -> None:
    await page.goto(world.link(query))
    await status(page, said)


def line(page: Any, text: str) -> Any:
    """The line in sight with ``text``: one that is hidden still has the text that it showed."""
    return page.locator(".line:not([hidden])", has_text=text)


async def linked(page: Any, text: str) -> None:
    """Wait until ``text`` stands in the link."""
    await until(page, f"location.hash.includes({text!r})")


async def test_two_logs_are_one_sequence_that_is_followed_and_stands_still_to_be_read(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url) as page:
        await opened(page, world, BOTH, "60 lines · following")
        await until(page, f"{MESSAGES}.at(-1) === 'mail 29' && {MESSAGES}.length > 9")
        newest = await page.evaluate(MESSAGES)
        expected = [text for second in range(30) for text in (f"order {second}", f"mail {second}")]
        assert newest == expected[-len(newest) :]
        await page.keyboard.press("k")
        await page.keyboard.press("k")
        await status(page, "60 lines · Paused, 0 new")
        await drawn(page)
        before = await page.evaluate(MESSAGES)
        for number in range(3):
            world.write(SHOP, 40 + number, "info", f"later {number}")
        await status(page, "63 lines · Paused, 3 new")
        await drawn(page)
        assert await page.evaluate(MESSAGES) == before
        await page.keyboard.press("End")
        await status(page, "63 lines · following")
        await becomes(page, f"{MESSAGES}.slice(-3)", ["later 0", "later 1", "later 2"])


async def test_filters_are_asked_of_the_agents_stand_in_the_link_and_can_be_taken_away(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url) as page:
        await opened(page, world, f"{BOTH}&level=error", "3 lines")
        await becomes(page, MESSAGES, ["order 5", "order 15", "order 25"])
        # What is asked anew has not matched nothing for a moment.
        await page.evaluate(_WATCH)
        await page.get_by_label("Level and above").select_option("")
        await status(page, "60 lines")
        assert [text for text in await page.evaluate("stood") if "matches" in text] == []
        assert "level" not in await page.evaluate("location.hash")
        await page.get_by_label("What to look for").select_option("field")
        await page.get_by_label("Look for", exact=True).fill("status>=500")
        await page.keyboard.press("Enter")
        await status(page, "3 lines")
        await linked(page, "field.status%3E%3D=500")
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
        marks = "[...document.querySelectorAll('.line:not([hidden]) mark')].map((mark) => mark.textContent)"
        await becomes(page, f"[...new Set({marks})]", ["order 2"])
        await linked(page, "find=ORDER+2")
        await page.keyboard.press("Escape")
        await status(page, "60 lines · ")


async def test_a_line_stands_beside_the_others_as_json_whose_values_filter(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url) as page:
        await opened(page, world, BOTH, "60 lines")
        detail = page.locator(".detail")
        await until(page, f"{MESSAGES}.at(-1) === 'mail 29'")
        # A text that is marked is about to be copied: its line stays where it is.
        box = await line(page, "mail 27").locator(".message").bounding_box()
        await page.mouse.move(box["x"] + 1, box["y"] + 9)
        await page.mouse.down()
        await page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 9)
        await page.mouse.up()
        assert (await page.evaluate("getSelection().toString()")).strip() == "mail 27"
        assert await detail.is_hidden()
        await line(page, "mail 28").click()
        await detail.get_by_role("button", name=re.compile("▸ to")).click()
        await detail.get_by_role("button", name=MARKUP).first.wait_for()
        assert await page.locator("img").count() == 0
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
        await detail.wait_for(state="hidden")


async def test_a_brush_over_the_histogram_asks_for_its_span(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url) as page:
        await opened(page, world, f"names={SHOP}", "30 lines")
        # Agents count all lines of their logs; of some lines only those of the page are known.
        await until(page, f"/30 lines in the logs, 3 errors/.test({_CAPTION})")
        world.write(SHOP, 31, "info", "later")
        await opened(page, world, f"names={SHOP}&until=1m", "31 lines · not followed")
        await until(page, f"/31 lines on this page, 3 errors/.test({_CAPTION})")
        box = await page.locator(".chart canvas").bounding_box()
        link = await page.evaluate("location.hash")
        await page.mouse.click(box["x"] + 3, box["y"] + 20, button="right")
        assert await page.evaluate("location.hash") == link
        # A bar a second, 7 pixels each.
        for act, bar in ((page.mouse.move, 10), (page.mouse.down, None), (page.mouse.move, 14), (page.mouse.up, None)):
            await (act() if bar is None else act(box["x"] + 7 * bar + 3, box["y"] + 20))
        await status(page, "5 lines · not followed")
        await becomes(page, MESSAGES, [f"order {second}" for second in range(10, 15)])
        since = await page.get_by_label("Since: 10m or a time").input_value()
        assert f"since={since}" in (await page.evaluate("location.hash")).replace("%3A", ":")


async def test_long_lines_are_wrapped_to_the_height_that_they_take(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url) as page:
        texts = ("x" * 500, "a b " * 90, "漢字" * 80, "tab\tinside " * 30, "first\nsecond\nthird")
        for second, text in enumerate(texts):
            world.write(SHOP, 50 + second, "info", text)
        await opened(page, world, f"names={SHOP}&wrap=yes", "35 lines")
        world.write(SHOP, 56, "info", "שלום", **{"7": "8"})
        await status(page, "36 lines")
        # A text from right to left does not draw what stands behind it before itself.
        places = f"{_SHOWN}.find((each) => each.textContent.includes('שלום'))?.children"
        left = f"[...({places} ?? [])].map((piece) => piece.getBoundingClientRect().left)"
        await until(page, f"{left}.length && {left}.every((each, at, all) => !at || each >= all[at - 1])")
        # Each begins where the one before it ends.
        follows = f"{_BOXES}.every((box, at, all) => !at || box.top === all[at - 1].bottom)"
        await until(page, f"{_BOXES}.some((box) => box.height > 20) && {follows}")
        await page.keyboard.press("w")
        await until(page, f"{_BOXES}.length > 9 && {_BOXES}.every((box) => box.height === 20)")


async def test_nothing_asked_nothing_there_and_a_module_that_is_missing_are_told(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url, expected=("404", "409")) as page:
        await page.goto(world.link(""))
        await page.locator(".state .command", has_text="corvo logs NAME -f").wait_for()
        await page.get_by_label("Modules by name").fill(f"{SHOP} node9-none")
        await page.keyboard.press("Enter")
        await status(page, "30 lines")
        await page.locator(".troubles", has_text="node9-none").wait_for()
        await page.goto(world.link(f"names={SHOP}&fixed=nowhere"))
        await until(page, "document.querySelector('.state')?.textContent.includes('matches')")
        # A bad parameter: the agent's own words.
        await page.goto(world.link(f"names={SHOP}&grep=("))
        await page.locator(".troubles", has_text="grep").wait_for()
        await page.locator(".state", has_text="No log of these modules can be read.").wait_for()
        assert await page.title() == f"{SHOP} · Logs · Corvo"
        await page.goto(world.link(f"names={MAIL}&lines=7"))
        await status(page, "7 lines")
        assert await page.title() == f"{MAIL} · Logs · Corvo"


async def test_what_is_written_during_an_outage_comes_when_it_is_over_and_comes_once(tmp_path: Path) -> None:
    async with (
        log_world(tmp_path) as world,
        TcpProxy(world.gateway.url) as wire,
        browser_page(wire.url, expected=("net::ERR",)) as page,
    ):
        await page.goto(f"{wire.url}/#/logs?{BOTH}")
        await status(page, "60 lines")
        wire.refuse()
        await page.locator(".banner").wait_for()
        await until(page, f"{MESSAGES}.includes('order 29')")
        for number in range(3):
            world.write(SHOP, 40 + number, "info", f"meanwhile {number}")
        # It tries again by itself.
        wire.allow()
        await status(page, "63 lines")
        came = f"{MESSAGES}.filter((text) => text.includes('meanwhile'))"
        await becomes(page, came, [f"meanwhile {each}" for each in range(3)])


@pytest.mark.parametrize("width", [360, 3000])
async def test_narrow_and_wide_windows_have_room_for_all_of_it(tmp_path: Path, width: int) -> None:
    window = {"width": width, "height": 740}
    async with log_world(tmp_path) as world, browser_page(world.gateway.url, viewport=window) as page:
        await opened(page, world, f"{BOTH}&field.status%3D=500", "3 lines")
        fits = (
            "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
        )
        await until(page, fits)
        await line(page, "order 15").click()
        await page.get_by_role("button", name="Close").wait_for()
        await until(page, fits)


async def test_colours_that_the_person_has_chosen_leave_marks_to_be_seen(tmp_path: Path) -> None:
    async with log_world(tmp_path) as world, browser_page(world.gateway.url, forced_colors="active") as page:
        await opened(page, world, BOTH, "60 lines")
        await page.keyboard.press("k")
        style = "getComputedStyle(document.querySelector('%s'))"
        await becomes(page, style % ".line.chosen:not([hidden])" + ".outlineStyle", "solid")
        edges = [await page.evaluate(style % f".line.{each}" + ".borderLeftColor") for each in ("info", "warn")]
        assert edges[0] != edges[1]
        edges = [await page.evaluate(style % f"nav a{each}" + ".borderBottomColor") for each in ("[aria-current]", "")]
        assert edges[0] != edges[1]


async def test_a_gap_is_seen_and_a_line_can_be_copied(tmp_path: Path) -> None:
    allowed = ["clipboard-read", "clipboard-write"]
    async with log_world(tmp_path) as world, browser_page(world.gateway.url, permissions=allowed) as page:
        await opened(page, world, f"names={SHOP}&lines=20", "20 lines, from the newest 20 of each log on")
        world.files[SHOP].write_bytes(b"")
        # One whose time is none does not keep the others from being shown.
        world.files[SHOP].write_bytes(b'{"ts":"Infinity","level":"info","msg":"some day"}\n')
        world.write(SHOP, 50, "fatal", "the first of an empty file\x1b[2J")
        await line(page, "truncated in place").wait_for()
        await page.locator(".line.fatal:not([hidden])").click()
        await page.get_by_role("button", name="Copy line").click()
        await until(page, "document.querySelector('.told').textContent === 'Copied.'")
        copied = str(await page.evaluate("navigator.clipboard.readText()"))
        # What is pasted into a terminal does not steer it.
        assert copied.endswith(f"FATAL {SHOP} the first of an empty file\\u001b[2J")
        # Pages that come by http from another machine have no such clipboard.
        await page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })")
        await page.get_by_role("button", name="Copy JSON").click()
        await page.evaluate("delete navigator.clipboard")
        json = await page.evaluate("navigator.clipboard.readText()")
        assert "\\u001b" in json
        assert json.startswith("{")
        # What is cut says so.
        world.write(SHOP, 51, "error", "long " * 9000)
        await line(page, "long long").click()
        await page.locator(".said", has_text="… 45,000 letters").wait_for()
