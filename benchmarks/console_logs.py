"""The list of 100,000 log lines in a browser while 2,000 more come each second, from real agents through a gateway.

Claims: 95 % of the frames come within 33 ms, while it follows, while it is scrolled, and while a text is looked for.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.console_frames import smoothness
from tests.console.browser import until
from tests.console.log_world import MAIL, SHOP, log_world

LINES, RATE = 100_000, 2_000
_MEASURED = 5000  # milliseconds of each
#: Appends so many lines a second to two files in turns, in bursts of 20 ms, until it is ended.
_WRITER = """
import json, sys, time
files, rate, written = [open(path, "ab", buffering=0) for path in sys.argv[1:3]], int(sys.argv[3]), 0
began = time.monotonic()
while True:
    time.sleep(0.02)
    due = int((time.monotonic() - began) * rate)
    for file in files:
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + "Z"
        lines = (
            json.dumps({"ts": now, "level": ("info", "debug", "warn", "error")[number % 4], "msg": f"order {number}",
                        "path": f"/orders/{number % 999}", "status": 200 + number % 3, "duration_ms": number % 97})
            for number in range(written // 2, due // 2)
        )
        file.write("".join(line + "\\n" for line in lines).encode())
    written = due
"""


async def measure(page: Any, folder: Path) -> list[dict[str, object]]:
    """Rows of figures, by a ``page`` of a browser; the logs are put into ``folder``."""
    async with log_world(folder) as world:
        for name in (SHOP, MAIL):
            with world.files[name].open("ab") as file:
                file.write(b"".join(_line(world.began, number) for number in range(LINES // 2)))
        began = time.monotonic()
        await page.goto(world.link(f"names={SHOP},{MAIL}&lines={LINES // 2}"))
        await until(page, "(document.querySelector('.status')?.textContent ?? '').startsWith('100,000 lines')")
        loaded = time.monotonic() - began
        with _writing(world.files[SHOP], world.files[MAIL]):
            # Until the first of the new lines have pushed out old ones.
            await until(page, "document.querySelector('.status').textContent.includes('have left this page')")
            what = f"log of {LINES:,} lines, {RATE:,} a second"
            rows = [{"what": f"{what}, following", **await smoothness(page, _MEASURED)}]
            scrolling = asyncio.ensure_future(_scroll(page))
            rows.append({"what": f"{what}, scrolled back", **await smoothness(page, _MEASURED)})
            await scrolling
            await page.keyboard.press("/")
            typing = asyncio.ensure_future(page.keyboard.type("order 4", delay=200))
            rows.append({"what": f"{what}, finding a text", **await smoothness(page, 2000)})
            await typing
    return [*rows, {"what": f"log of {LINES:,} lines, seconds until they are there", "seconds": round(loaded, 1)}]


def _line(began: int, number: int) -> bytes:
    second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(began / 1e9 + number * 800 / LINES * 2))
    return b'{"ts":"%b.%03dZ","level":"info","msg":"order %d accepted","path":"/orders/%d","status":200}\n' % (
        second.encode(),
        number % 1000,
        number,
        number % 999,
    )


@contextmanager
def _writing(*files: Path) -> Iterator[None]:
    with subprocess.Popen((sys.executable, "-c", _WRITER, *map(str, files), str(RATE))) as writer:
        try:
            yield
        finally:
            writer.kill()


async def _scroll(page: Any) -> None:
    await page.mouse.move(600, 500)
    for _ in range(60):
        await page.mouse.wheel(0, -300)
        await asyncio.sleep(0.07)
