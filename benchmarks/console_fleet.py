"""The fleet of 10,000 Modules in a browser while 100 of them change each second, and what 20 consoles cost the gateway.

Claims: 95 % of the frames come within 33 ms, at rest and while it is scrolled; the processor time that the gateway's
process takes for 20 open consoles, the agent that answers for all Modules in it, is less than half a core.

``python -m benchmarks.console_fleet COUNT RATE`` is the process that serves it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import psutil

from benchmarks.console_frames import smoothness
from corvo_agent.modules.names import API_PATH
from tests.console.browser import until
from tests.console.worlds import fleet

COUNT, RATE, CONSOLES = 10_000, 100, 20
_MEASURED = 5000  # milliseconds of each
_SECONDS = 10.0
# The Modules that a console has in sight, and how often it has them measured.
_IN_SIGHT, _EVERY = 40, 5.0
_SHOWN = "document.querySelector('.tally')?.innerText === '10,000 modules'"


async def measure(page: Any) -> list[dict[str, object]]:
    """Rows of figures, by a ``page`` of a browser."""
    async with _served() as (url, process):
        rows = await _page(page, url)
        await page.goto("about:blank")
        alone = await _cpu(process)
        async with _consoles(url):
            watched = await _cpu(process)
        what = f"gateway of {COUNT:,} modules, {RATE} changes a second, % of a core"
        rows += [
            {"what": f"{what}, no console", "cpu_%": round(alone, 1)},
            {"what": f"{what}, {CONSOLES} consoles", "cpu_%": round(watched, 1)},
        ]
    return rows


async def _page(page: Any, url: str) -> list[dict[str, object]]:
    began = time.monotonic()
    await page.goto(url)
    paint = await until(page, "performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    await until(page, _SHOWN)
    listed = time.monotonic() - began
    what = f"fleet of {COUNT:,}, {RATE} changes a second"
    rows = [
        {"what": f"{what}: first paint", "ms": round(paint)},
        {"what": f"{what}: all listed", "ms": round(listed * 1000)},
        {"what": what, **await smoothness(page, _MEASURED)},
    ]
    scrolling = asyncio.ensure_future(_scroll(page))
    rows.append({"what": f"{what}, scrolled", **await smoothness(page, _MEASURED)})
    await scrolling
    await page.keyboard.press("/")
    typing = asyncio.ensure_future(page.keyboard.type("team=shop,node09", delay=150))
    rows.append({"what": f"{what}, filtered while typing", **await smoothness(page, 2500)})
    await typing
    heap = await page.evaluate("performance.memory.usedJSHeapSize")
    renderer = max(_renderers(), key=lambda each: each.memory_info().rss).memory_info().rss
    rows.append({"what": f"{what}: memory", "heap_mb": round(heap / 2**20), "process_mb": round(renderer / 2**20)})
    return rows


def _renderers() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [each for each in children if "--type=renderer" in " ".join(each.cmdline())]


async def _scroll(page: Any) -> None:
    await page.mouse.move(600, 500)
    for _ in range(60):
        await page.mouse.wheel(0, 600)
        await asyncio.sleep(0.07)


async def _cpu(process: psutil.Process) -> float:
    before = sum(process.cpu_times()[:2])
    await asyncio.sleep(_SECONDS)
    return (sum(process.cpu_times()[:2]) - before) / _SECONDS * 100


@asynccontextmanager
async def _consoles(url: str) -> AsyncIterator[None]:
    """What ``CONSOLES`` pages ask for, all listed when it is entered; browsers of that number do not fit here."""
    listed = asyncio.Semaphore(0)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url, connector=connector, read_bufsize=1 << 20) as session:
        tasks = [asyncio.create_task(_console(session, number, listed)) for number in range(CONSOLES)]
        try:
            for _ in range(CONSOLES):
                await listed.acquire()
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _console(session: aiohttp.ClientSession, number: int, listed: asyncio.Semaphore) -> None:
    body = {"subscriptions": [{"id": "fleet", "kind": "statuses"}]}
    names = [("name", f"node{(number * _IN_SIGHT + at) // 20:03}-pay-{at % 20:02}") for at in range(_IN_SIGHT)]

    async def measured() -> None:
        while True:
            async with session.get(f"{API_PATH}/statuses", params=[*names, ("measure", "true")]) as answer:
                await answer.read()
            await asyncio.sleep(_EVERY)

    async with session.post(f"{API_PATH}/watch", json=body, timeout=aiohttp.ClientTimeout(total=None)) as stream:
        asking = asyncio.create_task(measured())
        try:
            tail = b""
            async for chunk in stream.content.iter_any():
                if tail is not None and b'"listed"' in tail + chunk:
                    listed.release()
                    tail = b""
                tail = chunk[-20:]
        finally:
            asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asking


@asynccontextmanager
async def _served() -> AsyncIterator[tuple[str, psutil.Process]]:
    """The URL of a fleet in a process of its own, and the process."""
    command = (sys.executable, "-m", "benchmarks.console_fleet", str(COUNT), str(RATE))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip(), psutil.Process(process.pid)
    finally:
        process.stdin.close()
        await process.wait()


async def _serve(count: int, rate: int) -> None:
    """Serve until standard input ends; ``rate`` Modules change each second."""
    # Of ten thousand a hundred are invalid, which each is told once.
    logging.getLogger("corvo_agent").setLevel(logging.ERROR)
    async with fleet(count) as made:
        sys.stdout.write(made.gateway.url + "/\n")
        sys.stdout.flush()
        changing = asyncio.create_task(_change(made, rate))
        await asyncio.to_thread(sys.stdin.read)
        changing.cancel()
        await asyncio.wait({changing})


async def _change(made: Any, rate: int) -> None:
    names = itertools.cycle(sorted(made.modules)[7::97])
    for number in itertools.count():
        for name in itertools.islice(names, rate // 10):
            await made.change(name, restarts=number)
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(_serve(*map(int, sys.argv[1:])))
