"""What axe finds on a page by the rules of WCAG 2.1 A and AA."""

from __future__ import annotations

import json
from typing import Any

from .browser import until

_RULES = json.dumps({"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
# Dialogs, themes and screens have their last colours.
_STILL = "document.getAnimations().length === 0"


async def findings(page: Any) -> list[str]:
    """A line for each rule that is broken, with the first element that breaks it; once nothing moves any more."""
    from axe_playwright_python.base import AXE_SCRIPT

    await page.evaluate(AXE_SCRIPT)
    found = (await until(page, f"{_STILL} && axe.run(document, {_RULES})"))["violations"]
    return [f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}" for each in found]
