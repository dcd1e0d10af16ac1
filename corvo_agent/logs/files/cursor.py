"""A place in a log that survives rotation: what an answer that ends early gives, to be sent back.

A file is known again by its first bytes, which stay the same when it is renamed, copied or compressed, and by its
inode where several files start alike.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import orjson

from ...errors import InvalidArgument
from .log_file import HEAD, fingerprint

_VERSION = 1
_LONGEST = 400  # characters
#: A shorter beginning says too little about a file.
TELLING = 32

#: An offset behind the end of any file.
FILE_END = 1 << 62


@dataclass(frozen=True, slots=True)
class FileMark:
    """Which file: the digest of its first ``length`` bytes, and its inode at that time."""

    length: int
    digest: str
    inode: int

    @classmethod
    def of(cls, head: bytes, inode: int) -> FileMark:
        """The mark of a file that starts with ``head``."""
        return cls(len(head), fingerprint(head), inode)

    def fits(self, head: bytes) -> bool:
        """Whether a file that starts with ``head`` (``HEAD`` bytes of it) may be the one."""
        return len(head) >= self.length and fingerprint(head[: self.length]) == self.digest

    @property
    def tells(self) -> bool:
        """Whether the first bytes alone are enough to know the file again."""
        return self.length >= TELLING


@dataclass(frozen=True, slots=True)
class Cursor:
    """Go on in the file ``mark`` at the byte ``offset``, towards newer lines when ``forward``, else towards older ones.

    ``skip`` is how many matches are still to be skipped.
    """

    mark: FileMark
    offset: int
    forward: bool
    skip: int = 0

    def encode(self) -> str:
        """The cursor as text, safe in URLs and on command lines."""
        mark = self.mark
        value = [_VERSION, self.forward, self.offset, self.skip, mark.length, mark.digest, mark.inode]
        return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """The cursor in ``text``. Raises InvalidArgument naming ``cursor``."""
        try:
            # Checked before it is decoded: it comes from the network.
            if len(text) > _LONGEST:
                raise ValueError
            version, forward, offset, skip, length, digest, inode = orjson.loads(
                base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            )
        except (ValueError, TypeError, binascii.Error) as error:
            raise InvalidArgument("cursor", text, "not a cursor of an earlier answer") from error
        numbers = (version, offset, skip, length, inode)
        if not (
            # bool is an int for isinstance, and JSON has numbers that no file offset can be.
            all(type(number) is int and 0 <= number < 1 << 64 for number in numbers)
            and type(forward) is bool
            and type(digest) is str
            and version == _VERSION
            and length <= HEAD
        ):
            raise InvalidArgument("cursor", text, "not a cursor of an earlier answer")
        return cls(FileMark(length, digest, inode), offset, forward, skip)
