"""The last lines of an audit: so many, none of them long, and what has been missed is known."""

from __future__ import annotations

import asyncio

from corvo_agent.access.audit import Audit
from corvo_agent.access.recent import LINE_BYTES, RecentLines


async def test_the_last_ones_stay_and_what_came_since_is_known() -> None:
    recent = RecentLines(3)
    audit = Audit(recent=recent)
    waiting = asyncio.create_task(recent.moved())
    await asyncio.sleep(0)
    for number in range(5):
        audit.tell("level", f"a{number}", "ok", 0.1)
    async with asyncio.timeout(30):
        await waiting
    assert recent.count == 5
    assert [each["module"] for each in recent.after(0)] == ["a2", "a3", "a4"]
    assert [each["module"] for each in recent.after(4)] == ["a4"]
    assert recent.after(5) == []
    await audit.aclose()


def test_a_long_one_is_kept_without_what_is_long() -> None:
    recent = RecentLines()
    recent.add({"action": "debug", "parameters": {str(number): "x" * 500 for number in range(20)}, "query": "Log"})
    recent.add({"action": "debug", "parameters": {"grep": "x"}})
    long, short = recent.after(0)
    assert long == {"action": "debug", "query": "Log", "left-out": ["parameters"]}
    assert short == {"action": "debug", "parameters": {"grep": "x"}}
    assert LINE_BYTES == 4096
