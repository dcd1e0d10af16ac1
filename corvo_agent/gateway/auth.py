"""Who may call: bearer tokens of a file, each with the right to read or to write."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from pathlib import Path

from ..errors import ConfigError


class Role(enum.Enum):
    """What a token allows: ``READ`` looks at Modules, ``WRITE`` also changes them and asks agents."""

    READ = "read"
    WRITE = "write"


class Tokens:
    """The known tokens and the role of each. Without any, every caller may do everything: that is for loopback."""

    def __init__(self, roles: Mapping[str, Role]) -> None:
        # Looked up by digest: how long a look-up takes says nothing about a token.
        self._roles = {_digest(token): role for token, role in roles.items()}

    @property
    def required(self) -> bool:
        """Whether callers have to show a token."""
        return bool(self._roles)

    def replace(self, others: Tokens) -> None:
        """Know those of ``others`` from now on, and no more its own."""
        self._roles = others._roles

    def role(self, token: str) -> Role | None:
        """What ``token`` allows, None for an unknown one."""
        if not self._roles:
            return Role.WRITE
        return self._roles.get(_digest(token))


def read_tokens(path: str) -> Tokens:
    """The tokens of a file: one a line, then ``read`` or ``write`` (which is meant if neither stands there).

    Empty lines and lines that begin with # mean nothing. Raises ConfigError for a file without tokens or one that
    cannot be read. Blocks on the disk.
    """
    try:
        lines = Path(path).read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("token-file", path, f"cannot be read: {error}") from error
    roles = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        role = words[1] if len(words) > 1 else Role.WRITE.value
        if len(words) > 2 or role not in ("read", "write"):
            raise ConfigError("token-file", path, f"line {number} is not TOKEN [read|write]")
        roles[words[0]] = Role(role)
    if not roles:
        raise ConfigError("token-file", path, "holds no token")
    return Tokens(roles)


def bearer(header: str) -> str:
    """The token of an ``Authorization`` header, "" when there is none."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
