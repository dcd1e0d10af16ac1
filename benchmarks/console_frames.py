"""How long the frames of a page take, as its browser tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: Milliseconds that a frame may take, to be smooth to the eye.
SMOOTH = 33.4
_FRAMES = """(lasting) => new Promise((done) => {
  const found = [];
  const began = performance.now();
  let last = began;
  const tick = () => {
    const now = performance.now();
    found.push(now - last);
    last = now;
    if (now - began < lasting) requestAnimationFrame(tick);
    else done(found);
  };
  requestAnimationFrame(tick);
})"""


async def frames(page: Any, lasting: float) -> list[float]:
    """The milliseconds from each frame of ``page`` to the next, for ``lasting`` milliseconds."""
    found: list[float] = await page.evaluate(_FRAMES, lasting)
    return found[1:]


async def smoothness(page: Any, lasting: float) -> dict[str, object]:
    """``spread`` of the frames of ``lasting`` milliseconds, and the share of its thread's own time that the page took.

    The share does not depend on what else the machine does meanwhile.
    """
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = await _worked(session)
    found = spread(await frames(page, lasting))
    busy = (await _worked(session) - before) / lasting * 1000
    await session.detach()
    return {**found, "main_thread": f"{100 * busy:.0f}%"}


async def _worked(session: Any) -> float:
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def spread(milliseconds: Sequence[float]) -> dict[str, object]:
    """Median, 95th percentile and largest, and the share within ``SMOOTH``."""
    ordered = sorted(milliseconds)
    at = [ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.95, 1)]
    smooth = sum(each <= SMOOTH for each in ordered) / len(ordered)
    names = ("p50_ms", "p95_ms", "max_ms")
    return {
        **{name: round(each, 1) for name, each in zip(names, at, strict=True)},
        "within_33_ms": f"{100 * smooth:.1f}%",
    }
