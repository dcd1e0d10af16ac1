"""Bodies of requests that come in a coding (Content-Encoding, RFC 9110 section 8.4).

aiohttp would decode them, but it takes one that is cut off for a whole one, and one in a coding that it does not know
for plain text.
"""

from __future__ import annotations

import zlib

from ...errors import DecodeError, ResourceExhausted

# The window bits by which zlib reads each coding: gzip is RFC 1952, deflate is RFC 1950.
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
# What some call deflate is RFC 1951 alone: then the first byte does not have the number of that method.
_METHOD, _BARE = 8, -zlib.MAX_WBITS
# Members of one gzip body: the rest is copied for each of them.
_MEMBERS = 64


def decoded(data: bytes, coding: str, limit: int) -> bytes:
    """``data`` as it was before it was put into ``coding``, the value of the header; at most ``limit`` bytes.

    Raises DecodeError for a coding that is not known and for data that are not, or not wholly, in it, and
    ResourceExhausted for more bytes.
    """
    name = coding.strip().lower()
    if name in ("", "identity"):
        return data
    if name not in _WINDOWS:
        raise DecodeError("Content-Encoding", f"Content-Encoding: {name[:80]}: there are gzip, deflate and identity")
    window = _BARE if name == "deflate" and data[:1] and data[0] & 0xF != _METHOD else _WINDOWS[name]
    found = bytearray()
    for _ in range(_MEMBERS):
        reader = zlib.decompressobj(window)
        try:
            found += reader.decompress(data, limit + 1 - len(found))
        except zlib.error:
            raise _not_in(name) from None
        if len(found) > limit:
            raise ResourceExhausted("bytes of a request body", limit)
        data = reader.unused_data
        if not reader.eof:
            raise DecodeError("request body", f"the body is cut off: its {name} has no end")
        if not data:
            return bytes(found)
        if window != _WINDOWS["gzip"]:
            break
    raise _not_in(name)


def _not_in(name: str) -> DecodeError:
    return DecodeError("request body", f"the body is not {name}, as its header says")
