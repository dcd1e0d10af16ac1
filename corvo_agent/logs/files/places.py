"""Places in several logs as one text: what a reader that follows a pattern sends back to go on exactly."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping

import orjson

from ...errors import InvalidArgument
from .cursor import Cursor, FileMark

#: How such a text begins, which no cursor of one log does.
_SIGN = "~"
_VERSION = 1
_LONGEST = 1 << 20  # characters, and eight times as many bytes unpacked: tens of thousands of logs


def encode_places(places: Mapping[str, Cursor]) -> str:
    """The places by the path of their log, as a text that is safe in URLs: about 30 characters for each."""
    rows = [[path, at.offset, at.mark.length, at.mark.digest, at.mark.inode] for path, at in sorted(places.items())]
    packed = zlib.compress(orjson.dumps([_VERSION, rows]), 9)
    return _SIGN + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_places(text: str) -> dict[str, Cursor]:
    """The places in ``text``, towards newer lines; that of one log, which a Cursor is, under "".

    Raises InvalidArgument naming ``cursor``.
    """
    if not text.startswith(_SIGN):
        return {"": Cursor.decode(text)}
    try:
        # Checked before it is unpacked: it comes from the network.
        if len(text) > _LONGEST:
            raise ValueError
        packed = text[len(_SIGN) :]
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.b64decode(packed + "=" * (-len(packed) % 4), b"-_", True), 8 * _LONGEST)
        version, rows = orjson.loads(data)
        if version != _VERSION or not unpacker.eof:
            raise ValueError
        # By way of the cursors of one log, whose values are checked.
        return {
            str(path): Cursor.decode(Cursor(FileMark(length, digest, inode), offset, forward=True).encode())
            for path, offset, length, digest, inode in rows
        }
    except (ValueError, TypeError, zlib.error, binascii.Error, InvalidArgument) as error:
        raise InvalidArgument("cursor", text[:80], "not a cursor of an earlier answer") from error
