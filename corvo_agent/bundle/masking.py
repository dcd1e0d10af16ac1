"""What agents answer, as it goes into a bundle: readable, and without secrets."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from ..errors import DecodeError, ResourceExhausted
from ..profiles.pprof.model import Profile
from ..profiles.pprof.reader import decode
from ..protobuf.wire import LENGTH, decodes, delimited, fields
from ..secrets import mask_json, mask_text

#: Field of perftools.profiles.Profile: every text that the others refer to.
_STRING_TABLE = 6
#: zlib's window of 15 bits, plus 16 for the header of gzip.
_GZIP = 31
#: Bytes of an unpacked profile: a few kilobytes of gzip may hold gigabytes.
_MAX_PROFILE = 256 << 20


def json_bytes(value: Any) -> bytes:
    """``value`` as indented JSON."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(value, option=options, default=str)


def masked_json(value: Any) -> bytes:
    """``value`` as indented JSON. Blocks, as all of these do: milliseconds for each megabyte."""
    return json_bytes(mask_json(value))


def masked_lines(records: Iterable[Mapping[str, str]]) -> bytes:
    """Log records as JSON, one per line."""
    return b"".join(orjson.dumps(mask_json(dict(record)), option=orjson.OPT_APPEND_NEWLINE) for record in records)


@decodes("profile")
def masked_profile(data: bytes) -> bytes:
    """The same profile with its texts masked; what is not gzip is text. Raises DecodeError, ResourceExhausted."""
    # The kinds cmdline and trace answer with text.
    if not data.startswith(b"\x1f\x8b"):
        return mask_text(data.decode(errors="replace")).encode()
    message = _unpacked(data)
    parts, kept, head = [], 0, 0
    # Only the string table is written anew; all other bytes are copied, so that the profile stays the same.
    for number, kind, start, stop in fields(message, 0, len(message)):
        if number == _STRING_TABLE and kind == LENGTH:
            text = message[start:stop].decode(errors="replace")
            masked = mask_text(text)
            if masked != text:
                parts += [message[kept:head], delimited(number, masked.encode())]
                kept = stop
        head = stop
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    return packer.compress(b"".join((*parts, message[kept:]))) + packer.flush()


def stacks_text(data: bytes) -> bytes:
    """The stacks of a profile for people: labels without their secrets, then one call per line, the innermost first."""
    return "\n".join(_stacks(decode(data))).encode()


def _stacks(profile: Profile) -> Iterable[str]:
    for sample in profile.samples:
        labels = " ".join(f"{label.key}={mask_text(str(label.value))}{label.unit}" for label in sample.labels)
        yield f"{sample.values[0] if sample.values else ''} {labels}".strip()
        yield from (f"    {frame.function}  {frame.filename}:{frame.line}" for frame in sample.stack)
        yield ""


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        message = unpacker.decompress(data, _MAX_PROFILE + 1)
    except zlib.error as error:
        raise DecodeError("profile", f"not gzip: {error}") from error
    if len(message) > _MAX_PROFILE:
        raise ResourceExhausted("bytes of a profile, unpacked", _MAX_PROFILE)
    return message
