"""What axe finds on a page by the rules of WCAG 2.1 A and AA."""

from __future__ import annotations

from typing import Any


async def findings(page: Any) -> list[str]:
    """A line for each rule that is broken, with the first element that breaks it."""
    from axe_playwright_python.async_playwright import Axe

    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
    found = (await Axe().run(page, options=options)).response["violations"]
    return [f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}" for each in found]
