"""Only regular files in the allowed folders are opened; everything else is a clear error."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from corvo_agent.errors import CorvoError, NotFound, PermissionRefused, Unavailable, Unsupported
from corvo_agent.logs.files.log_file import FileChanged, LogFile, fingerprint, open_log, translate


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "gone.log")
    with pytest.raises(NotFound) as caught:
        open_log(path)
    assert (caught.value.kind, caught.value.name) == ("log file", path)
    with pytest.raises(NotFound):
        open_log("no\0such")
    (tmp_path / "file").touch()
    with pytest.raises(NotFound):
        open_log(str(tmp_path / "file" / "below"))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for name in ("", "fifo", "loop", "socket"):
            with pytest.raises(Unsupported):
                open_log(str(tmp_path / name))
    for path in ("/dev/null", "/proc/self/status", "/sys/kernel/uevent_seqnum", "/dev/stdin/" + "x" * 5000):
        with pytest.raises(CorvoError):
            open_log(path)


def test_nothing_stays_open_after_a_refusal(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with pytest.raises(Unsupported):
            open_log(str(tmp_path))
        (tmp_path / "a.log").touch()
        with pytest.raises(PermissionRefused):
            open_log(str(tmp_path / "a.log"), [str(tmp_path / "logs")])
    assert len(os.listdir("/proc/self/fd")) == before


def test_allowed_folders_count_after_symlinks(tmp_path: Path) -> None:
    logs, secret = tmp_path / "logs", tmp_path / "logs-secret"
    logs.mkdir()
    secret.mkdir()
    (secret / "key.log").write_text("x\n")
    (logs / "good.log").write_text("x\n")
    (logs / "evil.log").symlink_to(secret / "key.log")
    (tmp_path / "also").symlink_to(logs)
    open_log(str(logs / "good.log"), [str(logs)]).close()
    open_log(str(tmp_path / "also" / "good.log"), ["/nowhere", str(logs)]).close()
    for path in (logs / "evil.log", secret / "key.log", logs / ".." / "logs-secret" / "key.log"):
        with pytest.raises(PermissionRefused):
            open_log(str(path), [str(logs)])


def test_errors_of_the_system_keep_their_meaning() -> None:
    assert isinstance(translate(PermissionError(13, "denied"), "/a"), PermissionRefused)
    assert isinstance(translate(OSError(5, "I/O error"), "/a"), Unavailable)


def test_a_file_that_shrinks_or_is_written_anew_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"one\ntwo\n")
    with open_log(str(path)) as log:
        log.check()
        with path.open("ab") as file:
            file.write(b"three\n")
        log.check()
        path.write_bytes(b"ONE\ntwo\nthree\n")
        with pytest.raises(FileChanged) as caught:
            log.check()
        assert str(path) in str(caught.value)
        path.write_bytes(b"one\n")
        with pytest.raises(FileChanged):
            log.check()
        with pytest.raises(FileChanged):
            log.fill(memoryview(bytearray(5)), 0)
    log.close()


def test_a_read_that_fails_is_translated(tmp_path: Path) -> None:
    # Only a descriptor that cannot be read makes the calls fail on demand.
    descriptor = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(Unsupported):
        LogFile(str(tmp_path), descriptor)
    os.close(descriptor)


def test_a_file_knows_whether_it_still_has_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"x\n")
    with open_log(str(path)) as log:
        assert log.is_at(str(path))
        path.rename(tmp_path / "a.log.1")
        assert not log.is_at(str(path))
        path.write_bytes(b"y\n")
        assert not log.is_at(str(path))
        with log.duplicate() as other:
            assert (other.key, other.head) == (log.key, b"x\n")


def test_fingerprints_tell_heads_apart() -> None:
    assert fingerprint(b"a") != fingerprint(b"b")
    assert fingerprint(b"a") == fingerprint(b"a")
