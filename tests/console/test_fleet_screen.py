"""The fleet of 1,000 Modules in a browser: filters, orders, groups, the keyboard, and what is done to many."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.world.machine import needs

from .accessible import findings
from .browser import becomes, chromium, drawn, fits, page_of, until
from .worlds import Fleet, fleet

# Of a busy machine a page of a thousand rows may take long.
pytestmark = [needs("chromium"), pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

#: All of the fleet has come, and some of it is drawn: what changes what is shown follows within a frame.
LISTED = "document.querySelector('.fleet:not(.old)') && document.querySelectorAll('.rows .live:not([hidden])').length"
COUNT = "document.querySelector('.tally')?.innerText"
ROWS = "[...document.querySelectorAll('.rows > :not([hidden])')].sort((a, b) => a.dataset.index - b.dataset.index)"
NAMES = f"{ROWS}.map((row) => row.querySelector('.name').innerText)"
MARKUP = "<img src=x onerror=alert(1)>"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made() -> AsyncIterator[Fleet]:
    async with fleet(1000) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Any]:
    async with chromium() as running:
        yield running


async def opened(page: Any, made: Fleet, fragment: str = "#/fleet") -> None:
    await page.goto(f"{made.gateway.url}/{fragment}")
    await until(page, LISTED)


async def test_filters_stand_in_the_link_and_are_told_when_they_are_wrong(browser: Any, made: Fleet) -> None:
    async with page_of(browser, made.gateway.url) as page:
        await opened(page, made)
        await becomes(page, COUNT, "1,000 modules")
        for text, expected in (
            ("pay", "167 of 1,000"),
            ("status=no-agent", "20 of 1,000"),
            ("status=invalid", "10 of 1,000"),
            ("source=override", "50 of 1,000"),
            ("node in (node000,node001)", "40 of 1,000"),
            ("restarts>0", "20 of 1,000"),
            ("!team", "0 of 1,000"),
            # What every object of JavaScript has is no label.
            ("constructor", "0 of 1,000"),
            ("!constructor,toString=x", "0 of 1,000"),
        ):
            await page.locator("[type=search]").fill(text)
            await until(page, f"{COUNT} === '{expected}'")
        await page.get_by_role("button", name="Clear the filter").click()
        await page.locator("[type=search]").fill("team=")
        await page.locator("[type=search]").fill("team=shop,(")
        wrong = "document.querySelector('#wrong').textContent"
        await until(page, f"{wrong}.includes('is no condition')")
        await page.locator("[type=search]").fill("team=shop")
        shown = await until(page, f"{wrong} === '' && / of 1,000/.test({COUNT}) && {COUNT}")
        link = await page.evaluate("location.href")
    async with page_of(browser, made.gateway.url) as page:
        await page.goto(link)
        await becomes(page, COUNT, shown)
        assert await page.locator("[type=search]").input_value() == "team=shop"


async def test_the_dead_the_silent_and_the_disobedient_are_told_apart(browser: Any, made: Fleet) -> None:
    async with page_of(browser, made.gateway.url) as page:
        await opened(page, made, "#/fleet?filter=node000")
        # Silence shows when an agent is asked, which those in sight are.
        for kind, words in (("no-agent", ["no", "agent"]), ("silent", ["silent", "Info"]), ("invalid", ["invalid"])):
            text = f"(document.querySelector('.rows .{kind}:not([hidden])')?.innerText ?? '')"
            await becomes(page, f"{text}.split(/\\s+/).filter(Boolean).slice(1, 3)", words)
        levels = "[...document.querySelectorAll('.rows .level')].map((cell) => cell.innerText)"
        # A quarter of an hour from when the fleet was made.
        override = f"{levels}.find((text) => /^Debug 1?\\dm\\d\\ds$/.test(text))"
        before = await until(page, override)
        await until(page, f"({override} ?? '{before}') !== '{before}'")
        await page.get_by_role("button", name="≠ level").click()
        await until(page, f"{COUNT} === '30 of 1,000'")
        differing = "document.querySelector('.rows .differs:not([hidden]) .level')?.innerText"
        await becomes(page, differing, "Info ≠ Warn")


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_clock_that_is_wrong_tells_no_wrong_spans(browser: Any, made: Fleet, hours: int) -> None:
    async with page_of(browser, made.gateway.url) as page:
        await page.add_init_script(f"const real = Date.now; Date.now = () => real() + {hours * 3_600_000};")
        await opened(page, made, "#/fleet?filter=node000")
        levels = "[...document.querySelectorAll('.rows .level')].map((cell) => cell.innerText)"
        await until(page, f"{levels}.some((text) => /^Debug 1?\\dm\\d\\ds$/.test(text))")
        # What was measured just now was so just now, and is measured again.
        asked = "[...document.querySelectorAll('.rows .live .errors')].map((cell) => cell.title).find(Boolean)"
        await until(page, f"/^measured [01]?\\ds ago/.test({asked})")
        await until(page, "!document.querySelector('.rows .live.aged')")


async def test_changes_come_by_themselves_and_orders_and_groups_hold(browser: Any, made: Fleet) -> None:
    async with page_of(browser, made.gateway.url) as page:
        await opened(page, made, "#/fleet?sort=restarts")
        name = "node033-mail-02"
        await made.change(name, restarts=4711)
        await until(page, f"{NAMES}[0] === '{name}'")
        await page.get_by_label("Group by").select_option("team")
        groups = "[...document.querySelectorAll('.rows .group:not([hidden])')].map((row) => row.innerText.trim())"
        await until(page, f"/^(net|shop|store):/.test({groups}[0])")
        # A link that groups in another way is told by the choice, too.
        await page.evaluate("location.hash = '#/fleet?sort=restarts&group=toString'")
        await until(page, f"{groups}[0]?.startsWith('none: 1,000')")
        by = "document.querySelector('select[aria-label=\"Group by\"]').value"
        await becomes(page, by, "toString")
        await page.evaluate("location.hash = '#/fleet?sort=restarts'")
        await becomes(page, by, "")
        await page.get_by_role("button", name="CPU").click()
        await until(page, "location.hash.includes('sort=cpu')")
        await until(page, f"{ROWS}.some((row) => row.matches('.live') && row.querySelector('.cpu').innerText !== '')")


async def test_the_keyboard_alone_selects_and_sets_a_level_for_many(browser: Any, made: Fleet) -> None:
    async with page_of(browser, made.gateway.url) as page:
        await opened(page, made, "#/fleet?filter=status=live,node012")
        await until(page, f"{COUNT} === '20 of 1,000' && {ROWS}.length === 20")
        for key in "jxjxjx":
            await page.keyboard.press(key)
        await page.locator(".actions strong", has_text="3 selected").wait_for()
        names = (await page.evaluate(NAMES))[:3]
        # The box above them says so, and keys are keys after a box was clicked.
        box = "[document.querySelector('.heads input').checked, document.querySelector('.heads input').indeterminate]"
        await becomes(page, box, [False, True])
        await page.keyboard.press("a")
        await becomes(page, box, [True, False])
        await page.locator(".rows [role=row]:not([hidden])", has_text=names[0]).locator("input").click()
        await becomes(page, box, [False, True])
        await page.keyboard.press("Escape")
        await becomes(page, box, [False, False])
        for key in ["Home", "x", "j", "x", "j", "x"]:
            await page.keyboard.press(key)
        await page.locator(".actions strong", has_text="3 selected").wait_for()
        button = page.get_by_role("button", name="Set level")
        await page.get_by_label("Reason").fill("case 7")
        # No is what Enter says: a question has to be answered, not waved through.
        await button.press("Enter")
        await becomes(page, "[...document.querySelectorAll('dialog[open] li')].map((each) => each.innerText)", names)
        focused = "document.querySelector('dialog[open] :focus')?.textContent"
        await becomes(page, focused, "No")
        await page.keyboard.press("Enter")
        await page.locator("dialog[aria-label^=Set]").wait_for(state="detached")
        assert (await made.gateway.api.level(names[0], consistent=True)).controls == ()
        # Who leaves the screen has said no.
        await button.press("Enter")
        await becomes(page, focused, "No")
        await page.evaluate("location.hash = '#/errors'")
        await page.locator(".errors").wait_for()
        await page.locator("dialog[open]").wait_for(state="detached")
        await page.go_back()
        await until(page, f"{COUNT} === '20 of 1,000' && {ROWS}.length === 20")
        for key in "jxjxjx":
            await page.keyboard.press(key)
        await page.get_by_label("Reason").fill("case 7")
        await button.press("Enter")
        await becomes(page, focused, "No")
        await page.keyboard.press("Tab")
        await becomes(page, focused, "Yes, all 3")
        await page.keyboard.press("Enter")
        await until(page, "document.querySelector('.told').textContent.includes('Set Debug for 10m on 3 of 3')")
        for name in names:
            (control,) = (await made.gateway.api.level(name, consistent=True)).controls
            assert (control.level, control.reason) == ("Debug", "case 7")
        await until(page, f"{ROWS}.slice(0, 3).every((row) => /Debug/.test(row.innerText))")
        await page.keyboard.press("Escape")
        await page.locator(".actions").wait_for(state="hidden")


async def test_all_rows_can_be_reached_and_few_are_in_the_page(browser: Any, made: Fleet) -> None:
    async with page_of(browser, made.gateway.url) as page:
        await opened(page, made)
        await page.locator("[role=grid]").focus()
        await page.keyboard.press("End")
        last = sorted(made.modules)[-1]
        await until(page, f"{NAMES}.includes('{last}')")
        assert await page.locator(".rows > *").count() < 80
        await page.keyboard.press("Home")
        await until(page, f"{NAMES}[0] === '{sorted(made.modules)[0]}'")
        # The row that the grid names to a reader of screens is one, and is to be seen.
        for top in (300, 500, 100, 700, 350, 0):
            await page.evaluate(f"document.querySelector('.list').scrollTop = {top}")
            await drawn(page)
        assert await page.evaluate("[...document.querySelectorAll('.rows [id]')].every((row) => !row.hidden)")


async def test_names_and_labels_that_are_markup_stay_text(browser: Any, made: Fleet) -> None:
    name = "node000-basket-06"
    await made.put(made.modules[name].with_status(node=MARKUP, service=MARKUP).with_meta(labels={"team": MARKUP}))
    try:
        async with page_of(browser, made.gateway.url) as page:
            await opened(page, made, "#/fleet?group=node")
            await until(page, f"{ROWS}.some((row) => row.matches('.group') && row.innerText.includes({MARKUP!r}))")
            assert await page.locator("img").count() == 0
            await page.locator("[type=search]").fill(MARKUP)
            await page.locator("#wrong", has_text=MARKUP).wait_for()
    finally:
        await made.put(made.modules[name])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280, 3000])
async def test_every_window_and_theme_can_be_read(browser: Any, made: Fleet, scheme: str, width: int) -> None:
    context: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 700}}
    async with page_of(browser, made.gateway.url, **context) as page:
        await opened(page, made)
        await page.keyboard.press("j")
        await page.keyboard.press("x")
        await page.locator(".actions strong", has_text="1 selected").wait_for()
        await fits(page)
        assert await findings(page) == []
        await page.get_by_role("button", name="Filters").click()
        await page.locator("dialog[open]").wait_for()
        assert await findings(page) == []


async def test_an_empty_fleet_tells_how_one_begins(browser: Any) -> None:
    async with fleet(0) as nothing, page_of(browser, nothing.gateway.url) as page:
        await page.goto(nothing.gateway.url + "/")
        await page.locator(".state .command", has_text="corvo run --module").wait_for()
        await nothing.change("node000-pay-03")
        await until(page, f"{NAMES}.includes('node000-pay-03')")
