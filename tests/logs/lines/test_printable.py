"""What a service says must not move the cursor of the terminal that shows it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.logs.lines.printable import visible


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8")))
def test_visible_text_is_printable_but_for_what_is_kept(text: str) -> None:
    assert visible(text).isprintable()
    assert all(char.isprintable() or char == "\n" for char in visible(text, "\n"))
    if text.isprintable():
        assert visible(text) == text
