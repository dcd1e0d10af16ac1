"""What runs is named by its file."""

from __future__ import annotations

import sys

import pytest

from corvo_agent.profiles.program import program


def test_a_script_is_named_by_its_path_and_a_command_by_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/srv/app.py"])
    assert program() == "/srv/app.py"
    for nothing in (["-c"], [""], []):
        monkeypatch.setattr(sys, "argv", nothing)
        assert program() == sys.executable
