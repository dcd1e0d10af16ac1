"""``python -m tests.console.screenshots FOLDER``: pictures of each screen, in both themes, narrow and wide."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corvo_agent.access.roles import Role

from .browser import browser_page, until
from .log_world import MAIL, SHOP, log_world
from .worlds import TOKENS, demo_console, fleet

#: Name, fragment, what has to be there before it is taken, keys that are pressed then.
_FLEET = [
    ("fleet", "#/fleet", "document.querySelector('.rows .live')", "jjxjx"),
    (
        "fleet-grouped",
        "#/fleet?sort=errors&group=service&filter=tier%21%3D1",
        "document.querySelector('.rows .group')",
        "",
    ),
    ("fleet-none", "#/fleet?filter=team%3Dnobody", "document.querySelector('.state')", ""),
    ("fleet-keys", "#/fleet", "document.querySelector('.rows .live')", "?"),
]
_DEMO = [
    (
        "module",
        "#/module/node1-orders",
        "document.querySelector('.chart svg') && document.querySelector('.now strong')",
        "",
    ),
    ("logs", "#/logs/node1-orders", "document.querySelector('.line .message')", ""),
    (
        "logs-wrapped",
        "#/logs?names=node1-orders,node2-orders&wrap=yes",
        "document.querySelector('.line .message')",
        "kk",
    ),
    ("logs-line", "#/logs/node1-orders?level=warn", "document.querySelector('.line .message')", ["k", "Enter"]),
    ("logs-whose", "#/logs", "document.querySelector('.names a')", ""),
    ("errors-none", "#/errors", "document.querySelector('.errors .command')", ""),
    ("stacks", "#/stacks/node1-orders", "document.querySelector('.stack')", ""),
    ("profiles", "#/profiles/node1-orders", "document.querySelector('.offers')", ""),
    ("profiles-whose", "#/profiles", "document.querySelector('.names a')", ""),
    ("audit", "#/audit?what=all", "document.querySelector('.audit tbody tr, .audit .state')", ""),
]
_LOGS = [("errors", "#/errors", "document.querySelector('.errors tbody tr')", "j")]
_SIZES = {"": (1280, 800), "-narrow": (360, 740), "-wide": (3000, 1100)}


async def take(folder: Path) -> None:
    """Write all of them into ``folder``."""
    with tempfile.TemporaryDirectory() as scratch:
        async with fleet(1000) as large, demo_console(Path(scratch)) as demo, log_world(Path(scratch)) as logs:
            worlds = ((large.gateway.url, _FLEET), (demo.open.url, _DEMO), (logs.gateway.url, _LOGS))
            stack = 'Traceback (most recent call last):\n  File "shop.py", line 7, in pay\nTimeoutError: slow\n'
            for number, name in enumerate((SHOP, MAIL, SHOP)):
                logs.write(name, 40 + number, "error", f"payment of order {number} took too long", stack=stack)
            for scheme in ("light", "dark"):
                for size, (width, height) in _SIZES.items():
                    if size and scheme == "dark":
                        continue
                    context: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": height}}
                    async with browser_page("http://127.0.0.1:", expected=("40", "50"), **context) as page:
                        for url, shots in worlds:
                            for name, fragment, ready, keys in shots:
                                await _shoot(page, url + "/" + fragment, ready, keys)
                                await page.screenshot(path=folder / f"{name}{size}-{scheme}.png")
                        await page.goto(demo.guarded.url + "/")
                        await page.locator("#token").fill("wrong")
                        await page.keyboard.press("Enter")
                        await until(page, "document.querySelector('[role=alert]').textContent")
                        await page.screenshot(path=folder / f"token{size}-{scheme}.png")
                        await page.locator("#token").fill(TOKENS[Role.READER][0])
                        await page.keyboard.press("Enter")
                        await until(page, "document.querySelector('.rows .live')")
                        await page.keyboard.press("a")
                        await page.screenshot(path=folder / f"read-only{size}-{scheme}.png")


async def _shoot(page: Any, url: str, ready: str, keys: Sequence[str]) -> None:
    # By way of nowhere: the same page with another fragment would not be loaded anew.
    await page.goto("about:blank")
    await page.goto(url)
    await until(page, ready)
    for key in keys:
        await page.keyboard.press(key)
    # What is measured, and what follows by itself, comes within this time on a machine that has it to give.
    await page.evaluate("new Promise((done) => setTimeout(done, 2500))")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    target: Path = parser.parse_args().folder
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(target))
