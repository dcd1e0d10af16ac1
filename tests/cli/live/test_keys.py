"""Key strokes of a real terminal, which is left as it was."""

from __future__ import annotations

import os
import pty
import sys
import termios

import pytest

from corvo_agent.cli.live.keys import keys_of_terminal


async def test_strokes_come_one_by_one_and_the_terminal_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        before = termios.tcgetattr(slave)
        with keys_of_terminal() as keys:
            assert keys.take() == ""
            os.write(master, "ps\u00fc".encode())
            pressed: list[str] = []
            while len(pressed) < 3:
                await keys.pressed()
                while key := keys.take():
                    pressed.append(key)
            assert pressed == ["p", "s", "\u00fc"]
        assert termios.tcgetattr(slave) == before
    os.close(master)


async def test_what_is_no_terminal_has_no_strokes(monkeypatch: pytest.MonkeyPatch) -> None:
    with os.fdopen(os.open(os.devnull, os.O_RDONLY)) as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        with keys_of_terminal() as keys:
            assert keys.take() == ""
