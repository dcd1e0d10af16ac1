"""TLS contexts whose files may be renewed: each new connection uses what the files hold then."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Callable, Iterable
from typing import Self

from .errors import ConfigError, system_reason

__all__ = ("FileContext", "FilePath", "no_password", "unusable")

_log = logging.getLogger(__name__)

FilePath = str | os.PathLike[str]
# The identity of a file and of its content, None for one that cannot be looked at.
_Stamp = tuple[int, int, int] | None


class FileContext(ssl.SSLContext):
    """A context made from ``files`` by ``make``, and made again by the next connection after one of them has changed.

    Connections that are open keep what they began with. While the files do not fit together, because one of them has
    been replaced and the other not yet, or are missing, the context before stays, with one warning. A connection looks
    at each file's time, size and inode, some microseconds; only what has changed is read, on the event loop: keep the
    files on a local disk.

    It is for ``asyncio``, aiohttp and grpclib, which ask a context only to wrap their connections: what is set on it
    after it was made has no effect. Making it blocks on the disk and raises what ``make`` raises, ConfigError.
    """

    _make: Callable[[], ssl.SSLContext]
    _files: tuple[FilePath, ...]
    _stamps: tuple[_Stamp, ...]
    _current: ssl.SSLContext

    def __new__(cls, make: Callable[[], ssl.SSLContext], files: Iterable[FilePath | None]) -> Self:
        """Read the files."""
        paths = tuple(path for path in files if path)
        # Before they are read: a file that changes meanwhile is read again.
        stamps = tuple(map(_stamp, paths))
        current = make()
        context = super().__new__(cls, current.protocol)
        # For those who ask how it checks its peers.
        context.minimum_version = current.minimum_version
        context.check_hostname = current.check_hostname
        context.verify_mode = current.verify_mode
        context._make, context._files, context._stamps, context._current = make, paths, stamps, current
        return context

    def __init__(self, make: Callable[[], ssl.SSLContext], files: Iterable[FilePath | None]) -> None:
        """All is done by ``__new__``, as in every context."""

    def reload(self) -> None:
        """Read the files now, changed or not. Raises ConfigError, and keeps what it has then. Blocks on the disk."""
        self._stamps = tuple(map(_stamp, self._files))
        self._current = self._make()

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """One connection, with what the files hold now."""
        return self._renewed().wrap_bio(incoming, outgoing, server_side, server_hostname, session)

    def _renewed(self) -> ssl.SSLContext:
        if (stamps := tuple(map(_stamp, self._files))) != self._stamps:
            self._stamps = stamps
            try:
                self._current = self._make()
            except ConfigError as error:
                _log.warning("renewed certificates are not used yet: %s", error)
            else:
                _log.info("certificates were renewed: %s", ", ".join(map(str, self._files)))
        return self._current


def unusable(error: Exception) -> str:
    """Why a file of certificates or keys is of no use, from what reading it raised: OSError, SSLError, ValueError."""
    reason = getattr(error, "reason", None)
    if isinstance(error, ssl.SSLError) and not reason:
        # OpenSSL says only in which of its parts it ended: "[SSL] PEM lib".
        reason = "no certificate, or no key, in PEM is in it"
    return f"cannot be used ({reason or system_reason(error)})"


def no_password() -> str:
    """For a key that is encrypted. Raises ValueError: OpenSSL would ask at the terminal, and hold up the loop."""
    raise ValueError("the key is encrypted: give one without a password")


def _stamp(path: FilePath) -> _Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
