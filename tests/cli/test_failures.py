"""Every way to fail has its exit code, and its words on stderr."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import redirect_stderr

import click
import pytest

from corvo_agent.cli.failures import CTRL_C, report
from corvo_agent.errors import (
    ConfigError,
    CorvoError,
    DeadlineExceeded,
    InvalidArgument,
    NotFound,
    PermissionRefused,
    RemoteError,
    Unavailable,
    VersionConflict,
)
from tests.cli.kit import Stream


def told(error: BaseException) -> tuple[int, str]:
    stream = Stream()
    with redirect_stderr(stream):
        return report(error), stream.text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (VersionConflict("m", 3), 1),
        (InvalidArgument("lines", "x", "not a number"), 2),
        (ConfigError("listen", "x", "not HOST:PORT"), 2),
        (NotFound("module", "m"), 3),
        (Unavailable("127.0.0.1:1", "refused"), 4),
        (DeadlineExceeded("127.0.0.1:1", 3), 4),
        (PermissionRefused("etcd", "wrong password"), 5),
        (RemoteError("agent", "UNAUTHENTICATED", "who are you"), 5),
        (RemoteError("agent", "INTERNAL", "oops"), 1),
    ],
)
def test_our_errors_say_what_they_are_and_end_with_their_code(error: CorvoError, code: int) -> None:
    assert told(error) == (code, f"corvo: {error}\n")


def test_wrong_usage_is_told_as_click_tells_it() -> None:
    code, text = told(click.UsageError("no such option: --nope"))
    assert code == 2
    assert "no such option: --nope" in text


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort(), asyncio.CancelledError()])
def test_ctrl_c_is_quiet(error: BaseException) -> None:
    assert told(error) == (CTRL_C, "")


def test_a_file_that_cannot_be_written_is_named() -> None:
    assert told(PermissionError(13, "Permission denied", "out.pb.gz")) == (1, "corvo: out.pb.gz: Permission denied\n")
    assert told(OSError("no space")) == (1, "corvo: no space\n")


def test_of_several_failures_all_are_told_and_the_first_decides() -> None:
    group = BaseExceptionGroup("", [NotFound("module", "a"), BaseExceptionGroup("", [Unavailable("b", "gone")])])
    assert told(group) == (3, "corvo: module a not found\ncorvo: b is unavailable: gone\n")


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError(), ModuleNotFoundError("", name="corvo_agent.x"), ModuleNotFoundError("", name="tkinter")],
)
def test_a_fault_of_ours_is_not_hidden(error: Exception) -> None:
    with pytest.raises(type(error)):
        report(error)


@pytest.mark.parametrize("library", ["orjson", "aiohttp", "packaging"])
def test_a_library_that_is_missing_is_named(library: str) -> None:
    script = f"import sys; sys.modules[{library!r}] = None; from corvo_agent.cli.main import main; main(['doctor'])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    words = f"corvo: the library {library} is missing: pip install --upgrade corvo-agent\n"
    assert (done.returncode, done.stderr) == (1, words)


def test_what_a_peer_says_does_not_drive_the_terminal() -> None:
    _, text = told(RemoteError("agent", "INTERNAL", "\x1b[2Jgone\nfor good"))
    assert "\\x1b[2Jgone\nfor good" in text
