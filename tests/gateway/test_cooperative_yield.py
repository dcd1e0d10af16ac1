"""Long work gives others a turn after each piece."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.gateway.cooperative_yield import in_slices


@given(st.lists(st.integers(), max_size=30), st.integers(1, 7))
def test_the_pieces_are_the_whole(items: list[int], size: int) -> None:
    async def pieces() -> list[list[int]]:
        return [list(piece) async for piece in in_slices(items, size)]

    found = asyncio.run(pieces())
    assert [item for piece in found for item in piece] == items
    assert all(0 < len(piece) <= size for piece in found)


async def test_others_run_between_two_pieces() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    seen = [turns async for _ in in_slices(range(5), 1)]
    task.cancel()
    await asyncio.wait({task})
    assert seen == sorted(set(seen))
