"""A program that was started without standard input, output or error, as after ``>&-``, or with a small alphabet."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.cli.terminal import CORVO


def started(*program: str, redirected: str) -> tuple[int, str, str]:
    """What a shell starts with its streams ``redirected``: its exit code and what it wrote."""
    command = ["sh", "-c", f'exec "$@" {redirected}', "sh", *program]
    # With that, Python would keep nothing back that it could fail to write at its end.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("without", [">&-", "<&- >&- 2>&-"])
def test_a_command_does_its_work_without(without: str) -> None:
    assert started(*CORVO, "guide", redirected=without) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "errors", "code"),
    [("guide nosuch", "&-", 3), ("guide nosuch", "/dev/full", 3), ("logs --nosuch", "/dev/full", 2)],
)
def test_the_exit_code_is_told_where_words_are_not(arguments: str, errors: str, code: int) -> None:
    assert started(*CORVO, *arguments.split(), redirected=f"2>{errors}") == (code, "", "")


def test_output_on_a_full_disk_is_a_failure_that_is_told_once() -> None:
    found = started(*CORVO, "guide", redirected=">/dev/full")
    assert found == (1, "", "corvo: No space left on device\n")


def test_what_is_opened_later_has_none_of_their_numbers() -> None:
    script = """
import os, sys
from corvo_agent.cli.streams import prepare_streams
prepare_streams()
sys.exit(os.open(os.devnull, os.O_RDONLY))
"""
    code, _, _ = started(CORVO[0], "-c", script, redirected="<&- >&- 2>&-")
    assert code > 2


def test_what_output_cannot_encode_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    script = "from corvo_agent.cli.streams import prepare_streams; prepare_streams(); print('Info \u2192 Debug')"
    assert started(CORVO[0], "-c", script, redirected="") == (0, "Info \\u2192 Debug\n", "")
