"""The file of tokens: who may call, with which role, until when.

A line is ``sha256:DIGEST ROLE NAME EXPIRES [SELECTOR]``, as ``corvo token new`` writes it: the SHA-256 of a random
token, its role, whose it is, the time until which it holds (or ``never``) and the labels of the Modules that it is for,
if not for all. Lines of ``TOKEN``, ``TOKEN read`` and ``TOKEN write``, which hold the token itself, are of older files.
Empty lines and those that begin with # mean nothing.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import ConfigError, InvalidArgument, system_reason
from ..modules.selectors.labels import parse_label_selector
from ..timestamps import format_millis, parse_rfc3339
from .caller import Caller
from .roles import Role

_log = logging.getLogger(__name__)

_DIGEST = "sha256:"
_NEVER = "never"
_BYTES = 32
_LARGEST = 1 << 20
# Seconds after which the file is looked at again.
_LOOK = 1.0
_OLD_ROLES = {"read": Role.READER, "write": Role.ADMIN, "": Role.ADMIN}

# The identity of a file and of its content.
_Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Token:
    """What the file says of one token; ``until`` is in nanoseconds since the epoch, None for never."""

    caller: Caller
    until: int | None = None


class Tokens:
    """Tokens by their digests; how long a look-up takes says nothing about a token."""

    def __init__(self, tokens: Mapping[str, Token], *, old: int = 0) -> None:
        self._tokens = tokens
        #: How many of them stand in the file as they are.
        self.old = old

    def __len__(self) -> int:
        return len(self._tokens)

    @property
    def names(self) -> set[str]:
        """Whose they are."""
        return {token.caller.name for token in self._tokens.values()}

    def find(self, token: str, now: int) -> Caller | None:
        """Whose ``token`` is, None for an unknown one and, at the time ``now``, for one that has expired."""
        found = self._tokens.get(digest_of(token))
        return None if found is None or (found.until is not None and found.until <= now) else found.caller


def digest_of(token: str) -> str:
    """The SHA-256 of ``token``, as the file has it. A random token of 256 bits needs no slow one."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token(role: Role, name: str, until: int | None, selector: str = "") -> tuple[str, str]:
    """A random token, and its line for the file. Raises InvalidArgument for a name or a selector that is none."""
    if not name or not (name.isascii() and name.isprintable()) or len(name.split()) != 1 or len(name) > 64:
        raise InvalidArgument("name", name, "must be one word of at most 64 ASCII characters")
    parse_label_selector(selector)
    token = secrets.token_urlsafe(_BYTES)
    expires = _NEVER if until is None else format_millis(until)
    return token, " ".join((f"{_DIGEST}{digest_of(token)}", role.text, name, expires, selector)).rstrip()


def parse_tokens(text: str, path: str) -> Tokens:
    """The tokens of a file's ``text``; raises ConfigError naming the line of ``path`` that is none, or for no token."""
    tokens: dict[str, Token] = {}
    old = 0
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split(maxsplit=4)
        if not words or words[0].startswith("#"):
            continue
        try:
            if words[0].startswith(_DIGEST):
                tokens[_digest(words[0])] = _read(words)
            else:
                old += 1
                tokens[digest_of(words[0])] = _read_old(words, number)
        except InvalidArgument as error:
            raise ConfigError("token-file", path, f"line {number}: {error}") from None
    if not tokens:
        raise ConfigError("token-file", path, "holds no token")
    return Tokens(tokens, old=old)


def _digest(word: str) -> str:
    digest = word.removeprefix(_DIGEST).lower()
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise InvalidArgument("digest", None, "must be the 64 hexadecimal digits of a SHA-256")
    return digest


def _read(words: list[str]) -> Token:
    if len(words) < 4:
        raise InvalidArgument("token", None, "is not sha256:DIGEST ROLE NAME EXPIRES [SELECTOR]")
    _, role, name, expires, *selector = words
    limit = selector[0].strip() if selector else ""
    parse_label_selector(limit)
    until = None if expires == _NEVER else parse_rfc3339(expires, "the time until which it holds")
    return Token(Caller(name, Role.parse(role), limit), until)


def _read_old(words: list[str], number: int) -> Token:
    role = _OLD_ROLES.get(words[1] if len(words) > 1 else "")
    if role is None or len(words) > 2:
        # Not shown: the first word is a token.
        raise InvalidArgument("token", None, "is neither TOKEN [read|write] nor sha256:DIGEST ROLE NAME EXPIRES")
    return Token(Caller(f"line-{number}", role))


class TokenFile:
    """The tokens of the file ``path``, read again when it changes.

    While it cannot be used, because a line is wrong or others may read or write it, what it held before holds, with
    one line in the log; a file that is taken away takes all its tokens with it. The loop looks at it once a second at
    most: keep it on a local disk. Raises ConfigError for a file that cannot be used. Blocks on the disk.
    """

    def __init__(self, path: str, clock: Clock = SYSTEM_CLOCK) -> None:
        self._path = path
        self._clock = clock
        self._stamp: _Stamp | None = None
        self._looked = clock.monotonic()
        self._tokens = Tokens({})
        self.reload()

    def find(self, token: str) -> Caller | None:
        """Whose ``token`` is, None for one that is unknown, expired or revoked."""
        now = self._clock.monotonic()
        if now >= self._looked + _LOOK:
            self._looked = now
            self._look()
        return self._tokens.find(token, self._clock.time_ns())

    def reload(self) -> None:
        """Read it now; raises ConfigError, and keeps what it has then. Blocks on the disk."""
        stamp, tokens = _load(self._path)
        self._stamp, self._tokens = stamp, tokens
        if tokens.old:
            _log.warning(
                "%s holds %d tokens as they are, read is reader now and write is admin: replace them by those of"
                " `corvo token new`, of which only a digest is kept",
                self._path,
                tokens.old,
            )

    def _look(self) -> None:
        try:
            stamp = _stamp(os.stat(self._path))
        except FileNotFoundError:
            if self._stamp is not None:
                _log.error("%s is gone: its tokens are not taken any more", self._path)
            self._stamp, self._tokens = None, Tokens({})
            return
        except OSError as error:
            _log.error("%s cannot be looked at, its tokens stay: %s", self._path, error)
            return
        if stamp == self._stamp:
            return
        # Whatever comes of it: a file that cannot be used is told once.
        self._stamp = stamp
        try:
            self.reload()
        except ConfigError as error:
            _log.error("changed tokens are not used, those before stay: %s", error)
        else:
            _log.info("%s was read again: %d tokens", self._path, len(self._tokens))


def _load(path: str) -> tuple[_Stamp, Tokens]:
    try:
        # Not to be replaced between the look at who may read it and the reading.
        with open(path, "rb") as file:
            found = os.fstat(file.fileno())
            if found.st_mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
                raise ConfigError("token-file", path, "others may read or write it: chmod 600 it")
            text = file.read(_LARGEST).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = system_reason(error) if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError("token-file", path, f"cannot be read: {reason}") from error
    return _stamp(found), parse_tokens(text, path)


def _stamp(found: os.stat_result) -> _Stamp:
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode
