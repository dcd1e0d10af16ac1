"""Guides as pages of HTML; tests/gateway/rest/views/test_documents.py follows their links at a gateway."""

from __future__ import annotations

import pytest

from corvo_agent.errors import NotFound
from corvo_agent.guides import pages
from corvo_agent.guides.html import document, guide_index, guide_page, style_sheet


def test_a_page_has_its_title_its_place_and_what_it_says() -> None:
    page = guide_page("options")
    assert "<title>Options · Corvo</title>" in page
    assert '<a href="../guide/options" aria-current=page>Options</a>' in page
    assert '<h2 id="gateway">Gateway</h2>' in page
    assert '<a href="commands#where-commands-look">' in page
    assert '<div class="table"><table>' in page


def test_the_list_has_every_page() -> None:
    for page in pages():
        assert f'<a href="guide/{page.name}">' in guide_index()


def test_a_page_that_is_not_there() -> None:
    with pytest.raises(NotFound):
        guide_page("../secrets")


def test_titles_are_text() -> None:
    assert "<title>&lt;b&gt; · Corvo</title>" in document("<b>", "", [("<i>", [("x", "<u>", False)])], "")
    assert "&lt;i&gt;" in document("<b>", "", [("<i>", [("x", "<u>", False)])], "")


def test_the_style_is_light_and_dark_and_takes_nothing_from_elsewhere() -> None:
    style = style_sheet()
    assert "prefers-color-scheme: dark" in style
    assert not {"url(", "@import"} & set(style.split())
