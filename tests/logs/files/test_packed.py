"""Compressed files as streams in bounded pieces, with clear errors for what is broken."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest
import zstandard

from corvo_agent.errors import DecodeError, Unsupported
from corvo_agent.logs.files.log_file import open_log
from corvo_agent.logs.files.packed import unpack

CONTENT = b"".join(b"line %d\n" % n for n in range(100_000)) + bytes(3_000_000)


def unpacked(path: Path) -> bytes:
    with open_log(str(path)) as log:
        pieces = list(unpack(log))
        # Also when it was begun before.
        assert next(unpack(log), b"") == (pieces[0] if pieces else b"")
    assert max(map(len, pieces), default=0) <= 256 * 1024
    return b"".join(pieces)


def test_gzip_and_zstd(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(CONTENT))
    (tmp_path / "a.zst").write_bytes(zstandard.ZstdCompressor().compress(CONTENT))
    assert unpacked(tmp_path / "a.gz") == unpacked(tmp_path / "a.zst") == CONTENT


def test_several_parts_and_padding(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"one") + gzip.compress(b"") + gzip.compress(b"two") + bytes(100))
    (tmp_path / "a.zst").write_bytes(b"".join(map(zstandard.ZstdCompressor().compress, (b"one", b"two"))))
    assert unpacked(tmp_path / "a.gz") == unpacked(tmp_path / "a.zst") == b"onetwo"
    (tmp_path / "empty.gz").touch()
    assert unpacked(tmp_path / "empty.gz") == b""


@pytest.mark.parametrize("name", ["a.gz", "a.zst"])
def test_what_is_something_else(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"plain text\n")
    with pytest.raises(DecodeError) as caught:
        unpacked(tmp_path / name)
    assert caught.value.what == str(tmp_path / name)


@pytest.mark.parametrize("name", ["a.gz", "a.zst"])
def test_a_file_that_ends_early_gives_what_it_has_and_says_so(tmp_path: Path, name: str) -> None:
    content = bytes(n * n % 251 for n in range(400_000))
    packed = gzip.compress(content) if name == "a.gz" else zstandard.ZstdCompressor().compress(content)
    (tmp_path / name).write_bytes(packed[: len(packed) * 3 // 4])
    found = b""
    with open_log(str(tmp_path / name)) as log, pytest.raises(DecodeError):  # noqa: PT012
        for piece in unpack(log):
            found += piece
    assert content.startswith(found)


def test_without_the_library_zstd_is_unsupported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.zst").write_bytes(zstandard.ZstdCompressor().compress(b"x"))
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(Unsupported):
        unpacked(tmp_path / "a.zst")
