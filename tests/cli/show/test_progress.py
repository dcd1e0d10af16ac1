"""A bar is for eyes: on a terminal, for more than one step, and gone afterwards."""

from __future__ import annotations

import sys

import pytest

from corvo_agent.cli.show.progress import progress
from tests.cli.kit import Stream


def shown(monkeypatch: pytest.MonkeyPatch, total: float, *, terminal: bool) -> str:
    stream = Stream(terminal=terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm-256color")
    with progress("asking", total) as advance:
        for _ in range(int(total)):
            advance(1)
    return stream.text


def test_on_a_terminal_it_is_drawn_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, 5, terminal=True)
    assert "asking" in text
    assert "5/5" in text
    # The line is erased at the end.
    assert text.rstrip().endswith("\x1b[2K")


@pytest.mark.parametrize(("total", "terminal"), [(5, False), (1, True), (0, True)])
def test_elsewhere_and_for_one_step_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, total: int, terminal: bool
) -> None:
    assert shown(monkeypatch, total, terminal=terminal) == ""
