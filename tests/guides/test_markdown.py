"""Pages as trees: anchors of headings, and where links lead."""

from __future__ import annotations

import pytest

from corvo_agent.guides import Page, page_called, pages
from corvo_agent.guides.markdown import headings, parse, tree

from .text import GUIDES, README


def shown(name: str, anchor: str) -> str:
    return f"{name}|{anchor}"


def links(page: Page) -> list[str]:
    found = [node for node in tree(parse(page, shown)).walk() if node.type == "link"]
    return [str(node.attrs["href"]) for node in found]


def test_headings_have_the_anchors_that_github_gives_them() -> None:
    page = Page("p", "how-to", "# A page\n\n## What `corvo ls` shows, and why\n\n## Twice\n\n## Twice\n")
    assert headings(parse(page, shown)) == [
        (1, "a-page", "A page"),
        (2, "what-corvo-ls-shows-and-why", "What corvo ls shows, and why"),
        (2, "twice", "Twice"),
        (2, "twice-1", "Twice"),
    ]


def test_links_lead_to_where_pages_are_shown_and_others_stay() -> None:
    page = Page("p", "how-to", "[a](../reference/options.md#agent) [b](other.md) [c](#d) [e](https://etcd.io/#f)")
    assert links(page) == ["options|agent", "other|", "p|d", "https://etcd.io/#f"]


def test_html_is_text() -> None:
    (token,) = (each for each in parse(Page("p", "how-to", "<b onclick='x'>"), shown) if each.type == "inline")
    assert [child.type for child in token.children or ()] == ["text"]


def anchors(name: str) -> set[str]:
    return {anchor for _, anchor, _ in headings(parse(page_called(name), shown))}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Page) -> None:
    for href in links(page):
        if "|" not in href:
            assert href.startswith("https://"), href
            continue
        name, _, anchor = href.partition("|")
        assert not anchor or anchor in anchors(name), href


@pytest.mark.parametrize("path", [README, *sorted(GUIDES.glob("*/*.md"))], ids=lambda path: path.name)
def test_links_are_those_of_files_beside_each_other(path: object) -> None:
    from pathlib import Path

    assert isinstance(path, Path)
    for href in links(Page("p", "how-to", path.read_text())):
        assert "|" in href or href.startswith("https://"), href


def test_every_page_is_in_the_readme() -> None:
    led_to = {href.partition("|")[0] for href in links(Page("readme", "how-to", README.read_text()))}
    assert led_to == {page.name for page in pages()}
