"""Which pages there are."""

from __future__ import annotations

import pytest

from corvo_agent.errors import NotFound
from corvo_agent.guides import KINDS, Page, page_called, pages

from .text import PAGES


def test_every_page_is_found_and_no_name_is_there_twice() -> None:
    assert sorted(f"{page.kind}/{page.name}.md" for page in pages()) == ["/".join(path.parts[-2:]) for path in PAGES]
    assert len({page.name for page in pages()}) == len(pages())
    assert {page.kind for page in pages()} <= KINDS.keys()


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_page_has_one_title_and_shows_no_mark_of_a_test(page: Page) -> None:
    assert page.text.startswith(f"# {page.title}\n\n")
    assert "<!--" not in page.text


def test_a_page_is_found_by_its_name() -> None:
    assert page_called("options").title == "Options"
    with pytest.raises(NotFound, match="opinions"):
        page_called("opinions")
