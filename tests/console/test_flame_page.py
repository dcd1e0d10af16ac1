"""The page of a flame graph in a browser: search, zoom, sandwich, comparison, keyboard, themes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corvo_agent.cli.profiles.flame.graph import flame_graph
from corvo_agent.cli.profiles.hot_functions import Measured
from tests.cli.profiles.flame.trees import VALUES, measured, random_values, stack
from tests.world.machine import needs

from .browser import browser_page

pytestmark = needs("chromium")


async def opened(page: Any, tmp_path: Path, values: Measured, before: Measured | None = None) -> None:
    file = tmp_path / "flame.html"
    file.write_text(flame_graph(values, "cpu of node1-shop", ".html", before), "utf-8")
    await page.goto(file.as_uri())
    await settled(page)


async def settled(page: Any) -> None:
    """Wait until it has been drawn as it stays: twice the time that a zoom takes, by the browser's own frames."""
    await page.evaluate(
        "new Promise((done) => { const began = performance.now();"
        " const look = (now) => (now - began > 320 ? done() : requestAnimationFrame(look));"
        " requestAnimationFrame(look); })"
    )


async def detail(page: Any) -> str:
    return str(await page.locator("output.detail").inner_text())


async def test_search_marks_counts_and_leads_from_match_to_match(tmp_path: Path) -> None:
    async with browser_page() as page:
        await opened(page, tmp_path, VALUES)
        await page.keyboard.press("/")
        await page.keyboard.type("HEAVY")
        assert await page.locator("output.found").inner_text() == "1 functions, 70.0%"
        await page.keyboard.press("Enter")
        assert await detail(page) == "app.heavy  700ns  70.0%"
        await page.keyboard.press("Escape")
        assert await page.locator("input").input_value() == ""
        assert await page.locator("output.found").inner_text() == ""


async def test_the_keyboard_walks_zooms_and_comes_back(tmp_path: Path) -> None:
    async with browser_page() as page:
        await opened(page, tmp_path, VALUES)
        await page.locator("canvas").focus()
        told = []
        for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"):
            await page.keyboard.press(key)
            told.append((await detail(page)).split()[0])
        assert told == ["app.main", "app.heavy", "app.light", "app.heavy", "app.main", "app.heavy"]
        await page.keyboard.press("Enter")
        await settled(page)
        assert await page.evaluate("flame.view.zoomed") == await page.evaluate("flame.view.selected") > 0
        # What is under the middle of the third row now fills the width.
        box = await page.locator("canvas").bounding_box()
        for part in (0.02, 0.98):
            await page.mouse.move(box["x"] + box["width"] * part, box["y"] + 50)
            assert (await detail(page)).startswith("app.heavy")
        await page.keyboard.press("Escape")
        await settled(page)
        await page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 50)
        assert (await detail(page)).startswith("app.light")


async def test_a_sandwich_shows_callers_and_callees_and_the_table_leads_to_it(tmp_path: Path) -> None:
    values = measured((stack("leaf", "f", "a"), 5), (stack("leaf", "f", "b"), 7), (stack("other"), 1))
    async with browser_page() as page:
        await opened(page, tmp_path, values)
        await page.keyboard.press("s")
        assert await detail(page) == "Select a function first, by a click or the arrows."
        await page.keyboard.press("t")
        rows = await page.locator("tbody tr").all_inner_texts()
        assert rows[0].split("\t")[:5] == ["12ns", "92.3%", "12ns", "92.3%", "leaf"]
        await page.locator("tbody button", has_text="f").nth(1).click()
        labels = [await each.get_attribute("aria-label") for each in await page.locator("canvas").all()]
        assert labels == ["Callers of f", "What f calls"]
        await page.keyboard.press("Escape")
        assert await page.locator("canvas").count() == 1


async def test_a_comparison_tells_growth_and_shrinking_apart(tmp_path: Path) -> None:
    now, before = measured((stack("a"), 30), (stack("b"), 5)), measured((stack("a"), 10), (stack("b"), 8))
    async with browser_page() as page:
        await opened(page, tmp_path, now, before)
        assert await page.locator("p.total").inner_text() == "cpu: 35ns, +17ns since"
        colours = await page.evaluate(
            "[0.2, 0.95].map((part) => [...flame.view.context.getImageData("
            "flame.view.canvas.width * part, 35 * devicePixelRatio, 1, 1).data].slice(0, 3))"
        )
        (red, _, blue), (other_red, _, other_blue) = colours
        assert red > blue
        assert other_red < other_blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_both_themes_are_drawn_and_can_be_changed(tmp_path: Path, scheme: str) -> None:
    brightness = "[...flame.view.context.getImageData(9, 9, 1, 1).data].slice(0, 3).reduce((a, b) => a + b)"
    async with browser_page(color_scheme=scheme) as page:
        await opened(page, tmp_path, VALUES)
        before = await page.evaluate(brightness)
        await page.keyboard.press("d")
        await settled(page)
        after = await page.evaluate(brightness)
        assert (before > after) is (scheme == "light")


async def test_names_that_are_markup_stay_text_and_help_tells_the_keys(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>"
    async with browser_page() as page:
        await opened(page, tmp_path, measured((stack(name), 1)))
        await page.keyboard.press("t")
        assert await page.locator("tbody button").inner_text() == name
        assert await page.locator("img").count() == 0
        await page.keyboard.press("?")
        assert "let the box fill the width" in await page.locator("dialog").inner_text()
        await page.keyboard.press("Escape")
        assert not await page.locator("dialog").is_visible()


@pytest.mark.parametrize("width", [360, 3000])
async def test_narrow_and_wide_windows_show_all_of_it(tmp_path: Path, width: int) -> None:
    async with browser_page(viewport={"width": width, "height": 700}) as page:
        await opened(page, tmp_path, random_values(400, 3))
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        box = await page.locator("canvas").bounding_box()
        assert box["width"] > 0.9 * width
