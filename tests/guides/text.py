"""The text that tests hold to be true: the README and every page of the guides."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
GUIDES = ROOT / "corvo_agent" / "guides"
#: Its commands are about services of the demo, which its own test runs.
TUTORIAL = GUIDES / "tutorial" / "slow-service.md"
PAGES = sorted(GUIDES.glob("*/*.md"))

#: All of it, one page after another.
TEXT = "\n".join(page.read_text() for page in (README, *PAGES))


def block(marker: str) -> str:
    """What is in the code block behind ``<!-- MARKER -->``, of which there is one."""
    found = re.findall(rf"<!-- {re.escape(marker)} -->\n```\w+\n(.*?)```", TEXT, re.DOTALL)
    assert len(found) == 1, (marker, len(found))
    code: str = found[0]
    return code


def table(marker: str) -> list[str]:
    """The lines of the table behind ``<!-- MARKER -->``, with its head."""
    assert TEXT.count(f"<!-- {marker} -->\n") == 1, marker
    return TEXT.partition(f"<!-- {marker} -->\n")[2].partition("\n\n")[0].split("\n")
