"""Texts of services on terminals, where a control character does something."""

from __future__ import annotations


def visible(text: str, kept: str = "") -> str:
    """``text`` with control characters as escapes, but for those in ``kept``.

    What a service says must not move the cursor of the terminal that shows it, nor change its colours.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in kept else repr(char)[1:-1] for char in text)
