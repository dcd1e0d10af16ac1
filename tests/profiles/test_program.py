"""What runs is named by its file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from corvo_agent.profiles.program import named, program


def test_a_script_is_named_by_its_path_and_a_command_by_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/srv/app.py"])
    assert program() == "/srv/app.py"
    for nothing in (["-c"], [""], []):
        monkeypatch.setattr(sys, "argv", nothing)
        assert program() == f"{sys.executable} (interpreter)"


def test_machine_code_gets_a_name_that_no_reader_can_open(tmp_path: Path) -> None:
    assert not os.path.exists(named(sys.executable))
    (tmp_path / "app").write_bytes(b"\x7fELF\2")
    assert named("/app", str(tmp_path)) == "/app (interpreter)"
    (tmp_path / "app").write_bytes(b"#!/usr/bin/python3")
    assert named("/app", str(tmp_path)) == "/app"
    assert named("/none", str(tmp_path)) == "/none"
