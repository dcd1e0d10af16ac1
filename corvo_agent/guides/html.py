"""Pages for a browser: no script, nothing from elsewhere, and addresses that hold behind any prefix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from itertools import groupby

from .catalogue import KINDS, Page, page_called, pages
from .markdown import headings, parse, to_html

#: A heading of the navigation with its links: address, text, and whether it is the page that is shown.
Links = tuple[str, Sequence[tuple[str, str, bool]]]


def style_sheet() -> str:
    """The style of all pages."""
    return files("corvo_agent.guides").joinpath("style.css").read_text("utf-8")


def document(title: str, body: str, navigation: Iterable[Links], root: str) -> str:
    """A whole page around ``body``. ``root`` leads from its address to the folder ``docs/``, such as ``../``."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} · Corvo</title><link rel="stylesheet" href="{root}style.css"></head>\n'
        '<body><a class="skip" href="#content">To the text</a>\n'
        f'<nav aria-label="Pages">{"".join(map(_group, navigation))}</nav>\n'
        f'<main id="content">{body}</main></body></html>\n'
    )


def _group(links: Links) -> str:
    title, entries = links
    items = "".join(
        f'<li><a href="{escape(href)}"{" aria-current=page" if here else ""}>{escape(text)}</a></li>'
        for href, text, here in entries
    )
    return (f"<h2>{escape(title)}</h2>" if title else "") + f"<ul>{items}</ul>"


def guide_navigation(root: str, shown: str = "") -> list[Links]:
    """The links to the API and to all guides, for a page from which ``root`` leads to the folder ``docs/``."""
    top = ("", [(f"{root}guide", "Guides", shown == "guide"), (f"{root}../docs", "REST API", shown == "api")])
    return [
        top,
        *(
            (KINDS[kind], [(f"{root}guide/{page.name}", page.title, page.name == shown) for page in those])
            for kind, those in groupby(pages(), lambda page: page.kind)
        ),
    ]


@cache
def guide_page(name: str) -> str:
    """The page of the guide called ``name``, at ``docs/guide/NAME``; raises NotFound."""
    page = page_called(name)
    return document(page.title, f"<article>{_article(page)}</article>", guide_navigation("../", name), "../")


@cache
def guide_index() -> str:
    """The page that lists all guides, at ``docs/guide``."""
    parts = []
    for kind, those in groupby(pages(), lambda page: page.kind):
        items = "".join(f'<li><a href="guide/{page.name}">{escape(page.title)}</a></li>' for page in those)
        parts.append(f"<h2>{escape(KINDS[kind])}</h2><ul>{items}</ul>")
    body = f"<article><h1>Guides</h1><p>In a terminal: <code>corvo guide</code>.</p>{''.join(parts)}</article>"
    return document("Guides", body, guide_navigation("", "guide"), "")


def _article(page: Page) -> str:
    """What the page says, its own parts listed below its title when there are several."""
    tokens = parse(page, lambda name, anchor: f"{'' if name == page.name else name}{f'#{anchor}' * bool(anchor)}")
    parts = [(anchor, title) for level, anchor, title in headings(tokens) if level == 2]
    # A table that is wider than its page is scrolled, and not the page.
    written = to_html(tokens).replace("<table>", '<div class="table"><table>').replace("</table>", "</table></div>")
    if len(parts) < 3:
        return written
    listed = ", ".join(f'<a href="#{anchor}">{escape(title)}</a>' for anchor, title in parts)
    first, end, rest = written.partition("</h1>")
    return f'{first}{end}<p class="quiet">{listed}</p>{rest}'
