"""The page of a flame graph in a browser: search, zoom, sandwich, comparison, keyboard, themes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corvo_agent.cli.profiles.flame.graph import flame_graph
from corvo_agent.cli.profiles.hot_functions import Measured
from tests.cli.profiles.flame.trees import VALUES, measured, random_values, stack
from tests.world.machine import needs

from .browser import becomes, browser_page, fits, until

pytestmark = [needs("chromium"), pytest.mark.timeout(400)]


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


async def detail(page: Any, begins: str) -> None:
    """Wait until what is told of a box begins so."""
    await until(page, f"document.querySelector('output.detail').textContent.startsWith({begins!r})")


async def test_search_marks_counts_and_leads_from_match_to_match(tmp_path: Path) -> None:
    async with browser_page() as page:
        await opened(page, tmp_path, VALUES)
        await page.keyboard.press("/")
        await page.keyboard.type("HEAVY")
        found = "document.querySelector('output.found').textContent"
        await becomes(page, found, "1 functions, 70.0%")
        await page.keyboard.press("Enter")
        await becomes(page, "document.querySelector('output.detail').textContent", "app.heavy  700ns  70.0%")
        await page.keyboard.press("Escape")
        await becomes(page, f"[document.querySelector('input').value, {found}]", ["", ""])


async def test_the_keyboard_walks_zooms_and_comes_back(tmp_path: Path) -> None:
    async with browser_page() as page:
        await opened(page, tmp_path, VALUES)
        await page.locator("canvas").focus()
        keys = ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown")
        told = ("app.main", "app.heavy", "app.light", "app.heavy", "app.main", "app.heavy")
        for key, name in zip(keys, told, strict=True):
            await page.keyboard.press(key)
            await detail(page, f"{name} ")
        await page.keyboard.press("Enter")
        await until(page, "flame.view.zoomed > 0 && flame.view.zoomed === flame.view.selected")
        await settled(page)
        # What is under the middle of the third row now fills the width.
        box = await page.locator("canvas").bounding_box()
        for part in (0.02, 0.98):
            for row, name in ((30, "app.main "), (50, "app.heavy ")):
                await page.mouse.move(box["x"] + box["width"] * part, box["y"] + row)
                await detail(page, name)
        await page.keyboard.press("Escape")
        await until(page, "flame.view.zoomed === 0")
        await settled(page)
        await page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 50)
        await detail(page, "app.light ")


async def test_a_sandwich_shows_callers_and_callees_and_the_table_leads_to_it(tmp_path: Path) -> None:
    values = measured((stack("leaf", "f", "a"), 5), (stack("leaf", "f", "b"), 7), (stack("other"), 1))
    async with browser_page() as page:
        await opened(page, tmp_path, values)
        await page.keyboard.press("s")
        await detail(page, "Select a function first, by a click or the arrows.")
        await page.keyboard.press("t")
        first = "[...document.querySelector('tbody tr')?.cells ?? []].map((cell) => cell.innerText).slice(0, 5)"
        await becomes(page, first, ["12ns", "92.3%", "12ns", "92.3%", "leaf"])
        await page.get_by_role("button", name="f", exact=True).click()
        labels = "[...document.querySelectorAll('canvas')].map((canvas) => canvas.getAttribute('aria-label'))"
        await becomes(page, labels, ["Callers of f", "What f calls"])
        await page.keyboard.press("Escape")
        await until(page, f"{labels}.length === 1")


async def test_a_comparison_tells_growth_and_shrinking_apart(tmp_path: Path) -> None:
    now, before = measured((stack("a"), 30), (stack("b"), 5)), measured((stack("a"), 10), (stack("b"), 8))
    async with browser_page() as page:
        await opened(page, tmp_path, now, before)
        assert await page.locator("p.total").inner_text() == "cpu: 35ns, +17ns since"
        colour = "[...flame.view.context.getImageData(flame.view.canvas.width * %s, 35 * devicePixelRatio, 1, 1).data]"
        for part, larger, smaller in ((0.2, "red", "blue"), (0.95, "blue", "red")):
            await until(page, f"(([red, , blue]) => {larger} > {smaller})({colour % part})")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_both_themes_are_drawn_and_can_be_changed(tmp_path: Path, scheme: str) -> None:
    brightness = "[...flame.view.context.getImageData(9, 9, 1, 1).data].slice(0, 3).reduce((a, b) => a + b)"
    async with browser_page(color_scheme=scheme) as page:
        await opened(page, tmp_path, VALUES)
        before = await until(page, brightness)
        await page.keyboard.press("d")
        darker = "<" if scheme == "light" else ">"
        await until(page, f"{brightness} {darker} {before}")


async def test_names_that_are_markup_stay_text_and_help_tells_the_keys(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>"
    async with browser_page() as page:
        await opened(page, tmp_path, measured((stack(name), 1)))
        await page.keyboard.press("t")
        await becomes(page, "document.querySelector('tbody button')?.innerText", name)
        assert await page.locator("img").count() == 0
        await page.keyboard.press("?")
        await page.locator("dialog[open]", has_text="let the box fill the width").wait_for()
        await page.keyboard.press("Escape")
        await page.locator("dialog").wait_for(state="hidden")


@pytest.mark.parametrize("width", [360, 3000])
async def test_narrow_and_wide_windows_show_all_of_it(tmp_path: Path, width: int) -> None:
    async with browser_page(viewport={"width": width, "height": 700}) as page:
        await opened(page, tmp_path, random_values(400, 3))
        await fits(page)
        await until(page, f"document.querySelector('canvas').getBoundingClientRect().width > {0.9 * width}")
