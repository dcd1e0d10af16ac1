"""The public names of the folder are there, and those that read files are not imported before they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from corvo_agent import logs


def test_every_public_name_is_there() -> None:
    assert [name for name in logs.__all__ if getattr(logs, name, None) is None] == []
    with pytest.raises(AttributeError):
        logs.nothing_of_that_name  # noqa: B018


def test_writing_a_log_does_not_pay_for_reading_one() -> None:
    code = "import sys; from corvo_agent.logs import JsonFormatter; print('re2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"
