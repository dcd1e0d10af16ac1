"""A page as the tree of its Markdown: headings that links may lead to, and links that lead to where pages are shown."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from .catalogue import Page

_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
_NOT_IN_AN_ANCHOR = re.compile(r"[^\w\- ]")


def parse(page: Page, address: Callable[[str, str], str]) -> list[Token]:
    """The page's tokens, as markdown-it makes them of CommonMark with tables; HTML in it is text.

    Each heading has its anchor as ``id``. A link to a page, such as ``../reference/options.md#agent``, leads to what
    ``address`` makes of its name and anchor ("" for none); other links stay as they are.
    """
    tokens = _PARSER.parse(page.text)
    seen: Counter[str] = Counter()
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", _anchor(_text(tokens[place + 1]), seen))
        for inline in token.children or ():
            if inline.type == "link_open":
                inline.attrSet("href", _resolved(str(inline.attrs["href"]), page, address))
    return tokens


def tree(tokens: list[Token]) -> SyntaxTreeNode:
    """The tokens as a tree of nodes."""
    return SyntaxTreeNode(tokens)


def to_html(tokens: list[Token]) -> str:
    """The tokens as HTML."""
    written: str = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return written


def headings(tokens: list[Token]) -> list[tuple[int, str, str]]:
    """Level (1 to 6), anchor and text of each heading."""
    return [
        (int(token.tag[1]), str(token.attrs["id"]), _text(tokens[place + 1]))
        for place, token in enumerate(tokens)
        if token.type == "heading_open"
    ]


def _text(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())


def _anchor(title: str, seen: Counter[str]) -> str:
    """As GitHub makes it: small letters, ``-`` for blanks, a number behind one that is there already."""
    anchor = _NOT_IN_AN_ANCHOR.sub("", title.lower()).replace(" ", "-")
    seen[anchor] += 1
    return anchor if seen[anchor] == 1 else f"{anchor}-{seen[anchor] - 1}"


def _resolved(href: str, page: Page, address: Callable[[str, str], str]) -> str:
    path, _, anchor = href.partition("#")
    if not path:
        return address(page.name, anchor)
    if "://" in path or not path.endswith(".md"):
        return href
    return address(posixpath.basename(path).removesuffix(".md"), anchor)
