"""Which pages there are, and the text of each."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..errors import NotFound

#: Folder of pages -> what is in it, in the order in which people need them.
KINDS = {
    "tutorial": "Learning it",
    "how-to": "Doing a task",
    "reference": "Looking it up",
    "explanation": "Understanding it",
    "contributing": "Changing it",
}

# What tests find examples by; it says nothing to a reader.
_COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its ``name``, which no other has, the ``kind`` of page that it is, and its ``text`` in Markdown."""

    name: str
    kind: str
    text: str

    @property
    def title(self) -> str:
        """What stands in its first line."""
        return self.text.partition("\n")[0].removeprefix("# ")


def pages() -> tuple[Page, ...]:
    """All pages, by kind, and by title within a kind."""
    return _pages()


@cache
def _pages() -> tuple[Page, ...]:
    found = []
    for kind in KINDS:
        there = [
            Page(file.name.removesuffix(".md"), kind, _COMMENT.sub("", file.read_text("utf-8")))
            for file in files("corvo_agent.guides").joinpath(kind).iterdir()
            if file.name.endswith(".md")
        ]
        found += sorted(there, key=lambda page: page.title.casefold())
    return tuple(found)


def page_called(name: str) -> Page:
    """The page of that name; raises NotFound."""
    for page in pages():
        if page.name == name:
            return page
    raise NotFound("guide", name, _hint(name))


def _hint(name: str) -> str:
    close = difflib.get_close_matches(name, [page.name for page in pages()], 3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else "corvo guide lists them"
