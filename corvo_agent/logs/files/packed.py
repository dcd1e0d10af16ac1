"""Compressed log files as a stream of what is inside, a bounded piece at a time."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator, Iterator
from typing import Any, Protocol

from ...errors import DecodeError, Unsupported
from .log_file import LogFile
from .packed_index import OUTPUT, Inflater
from .rotated_name import PACKED

_INPUT = 64 * 1024
_ZSTD_INPUT = 256
_MEMORY = 128 << 20  # that unpacking an xz file may take


_LIBRARIES = {"zst": "zstandard", "lz4": "lz4.frame", "xz": "lzma", "lzma": "lzma", "bz2": "bz2"}
_EXTRAS = {"zst": "extra: zstd", "lz4": "extra: lz4"}


class _Stream(Protocol):
    """One of the streams that a file may consist of: bz2's, lzma's and lz4's decompressors."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes | None: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def unpack(log: LogFile) -> Generator[bytes, None, None]:
    """The bytes inside ``log``, in pieces of at most 256 KiB.

    Raises DecodeError when they cannot be unpacked (those before are good), Unsupported when the library for the
    format is missing or there is none, Unavailable when reading fails.
    """
    kind = next((suffix[1:] for suffix in PACKED if log.path.endswith(suffix)), "")
    if kind == "gz":
        return Inflater(log).pieces()
    if kind == "zst":
        return _unzstd(log)
    if kind in ("xz", "lzma"):
        lzma = _library(log.path, kind)
        return _unpack(log, kind, lambda: lzma.LZMADecompressor(memlimit=_MEMORY), lzma.LZMAError)
    if kind == "bz2":
        return _unpack(log, kind, _library(log.path, kind).BZ2Decompressor, OSError)
    if kind == "lz4":
        return _unpack(log, kind, _library(log.path, kind).LZ4FrameDecompressor, RuntimeError)
    raise Unsupported(f"reading {log.path}", f"files compressed as .{kind} are not read")


def _unzstd(log: LogFile) -> Generator[bytes, None, None]:
    zstd = _library(log.path, "zst")
    stream: Any = None
    whole = True
    try:
        for data in _read(log):
            # Its output cannot be bounded, only its input: four bytes may stand for 128 KiB.
            for start in range(0, len(data), _ZSTD_INPUT):
                rest = data[start : start + _ZSTD_INPUT]
                while rest:
                    if whole:
                        stream, whole = zstd.ZstdDecompressor(max_window_size=1 << 27).decompressobj(), False
                    output = stream.decompress(rest)
                    for piece in range(0, len(output), OUTPUT):
                        yield output[piece : piece + OUTPUT]
                    whole = stream.eof
                    rest = stream.unused_data if whole else b""
    except zstd.ZstdError as error:
        raise DecodeError(log.path, f"not a zstd file: {error}") from error
    if not whole:
        raise DecodeError(log.path, "the zstd file ends early")


def _unpack(
    log: LogFile, kind: str, make: Callable[[], _Stream], wrong: type[Exception]
) -> Generator[bytes, None, None]:
    """What is inside a file of one or more streams, which are all read in the same way."""
    stream: _Stream | None = None
    try:
        for data in _read(log):
            rest = data
            while rest or (stream is not None and not stream.needs_input):
                # Zeros pad a file at its end.
                rest = rest if stream is not None else rest.lstrip(b"\0")
                if stream is None and not rest:
                    break
                stream = make() if stream is None else stream
                piece, rest = stream.decompress(rest, OUTPUT), b""
                if piece:
                    yield piece
                if stream.eof:
                    rest, stream = stream.unused_data or b"", None
    except wrong as error:
        raise DecodeError(log.path, f"not a file of the kind {kind}: {error}") from error
    if stream is not None:
        raise DecodeError(log.path, f"the {kind} file ends early")


def _library(path: str, kind: str) -> Any:
    try:
        # Imported by name, because some come with an extra and most logs are never compressed this way.
        return importlib.import_module(_LIBRARIES[kind])
    except ImportError as error:
        source = _EXTRAS.get(kind, "this Python was built without it")
        raise Unsupported(f"reading {path}", f"{_LIBRARIES[kind]} is not installed ({source})") from error


def _read(log: LogFile) -> Iterator[bytes]:
    offset = 0
    while data := log.read(_INPUT, offset):
        offset += len(data)
        yield data
