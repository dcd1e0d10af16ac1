"""Compressed files as streams in bounded pieces, with clear errors for what is broken."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import pytest
import zstandard

from corvo_agent.errors import DecodeError, Unsupported
from corvo_agent.logs.files.log_file import open_log
from corvo_agent.logs.files.packed import unpack
from corvo_agent.logs.files.rotation import Rotation

CONTENT = b"".join(b"line %d\n" % n for n in range(100_000)) + bytes(3_000_000)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "a.gz": gzip.compress,
    "a.zst": zstandard.ZstdCompressor().compress,
    "a.xz": lzma.compress,
    "a.lzma": lambda content: lzma.compress(content, lzma.FORMAT_ALONE),
    "a.bz2": bz2.compress,
    "a.lz4": lz4.frame.compress,
}
EVERY = pytest.mark.parametrize("name", PACKERS)


def unpacked(path: Path) -> bytes:
    with open_log(str(path)) as log:
        pieces = list(unpack(log))
        # Also when it was begun before.
        assert next(unpack(log), b"") == (pieces[0] if pieces else b"")
    assert max(map(len, pieces), default=0) <= 256 * 1024
    return b"".join(pieces)


@EVERY
def test_what_is_inside(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(PACKERS[name](CONTENT))
    assert unpacked(tmp_path / name) == CONTENT


@pytest.mark.parametrize("name", [name for name in PACKERS if name != "a.lzma"])
def test_several_parts(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"".join(map(PACKERS[name], (b"one", b"", b"two"))))
    assert unpacked(tmp_path / name) == b"onetwo"


@pytest.mark.parametrize("name", ["a.gz", "a.xz", "a.bz2", "a.lz4"])
def test_padding(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(PACKERS[name](b"one") + bytes(100))
    assert unpacked(tmp_path / name) == b"one"


@EVERY
def test_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert unpacked(tmp_path / name) == b""


@EVERY
def test_what_is_something_else(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"plain text, and enough of it to be looked at\n")
    with pytest.raises(DecodeError) as caught:
        unpacked(tmp_path / name)
    assert caught.value.what == str(tmp_path / name)


@EVERY
def test_a_file_that_ends_early_gives_what_it_has_and_says_so(tmp_path: Path, name: str) -> None:
    content = bytes(n * n % 251 for n in range(400_000))
    packed = PACKERS[name](content)
    (tmp_path / name).write_bytes(packed[: len(packed) * 3 // 4])
    found = b""
    with open_log(str(tmp_path / name)) as log, pytest.raises(DecodeError):  # noqa: PT012
        for piece in unpack(log):
            found += piece
    assert content.startswith(found)


@pytest.mark.parametrize(("name", "library"), [("a.zst", "zstandard"), ("a.lz4", "lz4.frame"), ("a.xz", "lzma")])
def test_without_its_library_it_is_unsupported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, library: str
) -> None:
    (tmp_path / name).write_bytes(PACKERS[name](b"x"))
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(Unsupported):
        unpacked(tmp_path / name)


@pytest.mark.parametrize("ending", ["zip", "tar", "tgz", "tar.gz", "tar.bz2", "tar.xz"])
def test_archives_are_known_and_not_read(tmp_path: Path, ending: str) -> None:
    # As loguru compresses them.
    (tmp_path / f"a.2026-11-24_10-00-00_123456.log.{ending}").write_bytes(gzip.compress(b"x"))
    (tmp_path / "a.log").touch()
    (older,) = Rotation(str(tmp_path / "a.log")).files()
    with pytest.raises(Unsupported, match=f"compressed as .{ending} are not read"):
        unpacked(Path(older.path))
