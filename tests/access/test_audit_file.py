"""The file of an audit does not grow for ever, is its owner's, and a disk that fails is told."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from corvo_agent.access import audit_file as module
from corvo_agent.access.audit import Audit
from corvo_agent.errors import ConfigError


async def test_the_file_is_rotated_and_a_disk_that_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "ROTATE_BYTES", 1000)
    path = tmp_path / "audit"
    audit = Audit(str(path))
    for _ in range(20):
        audit.tell("debug", "a1", "ok", 0.0)
    await audit.aclose()
    files = _files_of(tmp_path)
    assert sum(len(each.read_text().splitlines()) for each in files) == 20
    assert all(os.stat(each).st_size <= 1000 and os.stat(each).st_mode & 0o777 == 0o600 for each in files)
    with pytest.raises(ConfigError, match="audit-file"):
        Audit(str(tmp_path))
    caplog.set_level(logging.ERROR)
    full = Audit("/dev/full")
    full.tell("debug", "lost line", "ok", 0.0)
    await full.aclose()
    assert "cannot be written (No space left on device): " in caplog.text
    assert "lost line" in caplog.text
    assert "Traceback" not in caplog.text


def _files_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())
