"""Compressed log files as a stream of what is inside, a bounded piece at a time."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Generator, Iterator
from typing import Any

from ...errors import DecodeError, Unsupported
from .log_file import LogFile

_INPUT = 64 * 1024
_OUTPUT = 256 * 1024
_ZSTD_INPUT = 256


def unpack(log: LogFile) -> Generator[bytes, None, None]:
    """The bytes inside ``log``, in pieces of at most 256 KiB.

    Raises DecodeError when they cannot be unpacked (those before are good), Unsupported when the library for the
    format is missing, Unavailable when reading fails.
    """
    return _unzstd(log) if log.path.endswith(".zst") else _gunzip(log)


def _gunzip(log: LogFile) -> Generator[bytes, None, None]:
    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
    whole = True
    try:
        for data in _read(log):
            # decompress stops at _OUTPUT bytes: a small file that unpacks to gigabytes must not fill the memory.
            while data:
                whole = False
                piece = stream.decompress(data, _OUTPUT)
                if piece:
                    yield piece
                data = stream.unconsumed_tail
                if stream.eof:
                    # A file may be several gzip members one behind the other, and end in zeros.
                    whole, data = True, stream.unused_data.lstrip(b"\0")
                    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
    except zlib.error as error:
        raise DecodeError(log.path, f"not a gzip file: {error}") from error
    if not whole:
        raise DecodeError(log.path, "the gzip file ends early")


def _unzstd(log: LogFile) -> Generator[bytes, None, None]:
    zstd = _zstandard(log.path)
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
                    for piece in range(0, len(output), _OUTPUT):
                        yield output[piece : piece + _OUTPUT]
                    whole = stream.eof
                    rest = stream.unused_data if whole else b""
    except zstd.ZstdError as error:
        raise DecodeError(log.path, f"not a zstd file: {error}") from error
    if not whole:
        raise DecodeError(log.path, "the zstd file ends early")


def _zstandard(path: str) -> Any:
    try:
        # Imported by name, because it comes with an extra and most logs are never compressed this way.
        return importlib.import_module("zstandard")
    except ImportError as error:
        raise Unsupported(f"reading {path}", "the package zstandard is not installed (extra: zstd)") from error


def _read(log: LogFile) -> Iterator[bytes]:
    offset = 0
    while data := log.read(_INPUT, offset):
        offset += len(data)
        yield data
