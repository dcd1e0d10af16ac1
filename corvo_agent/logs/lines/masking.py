"""Secrets in log lines, masked before a line leaves the process that reads it.

Most lines have none, and looking closely at a line costs more than all the rest of a query: so one pattern, which finds
whatever could be masked, is looked for in many lines at once, and only those that it hits are looked at closely.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ...errors import ConfigError
from ...secrets import MASK, is_secret, mask_text
from ..dialects.byte_pattern import BytePattern
from .marker import MARKER
from .record import Record

# Every name, shape and way of writing that ``secrets`` masks, and the escape that may hide a letter of a name.
_SUSPECT = (
    r"(?i)pass|pwd|secret|token|credential|auth|cookie|\bsig\b|_sig|(?:api|access|private|signing|encryption|account)"
    r"[^A-Za-z0-9]{0,3}key|bearer|basic |eyJ|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|AIza|npm_|sk-"
    r"|[rs]k_(?:live|test)_|SG\.|hv[bs]\.|pypi-|BEGIN |://[^\s\"'<>]*@|hooks\.slack|mysql|mariadb|redis-cli|\\u00[2-7]"
)
# Issuers' first digits, 13 to 19 digits in all, alone or in groups.
_CARD = re.compile(r"(?<![\d.])(?:[245]\d|3[0-9]|6[0-9])(?:[ -]?\d){11,17}(?![\d.]|[ -]\d)")
# Bytes that are no UTF-8 come out as they went in.
# Letters, digits and the like of ASCII that JSON has as escapes; quotes and backslashes have to stay escaped.
_ESCAPED = re.compile(r"(?<!\\)\\u00(2[013-9a-f]|[346][0-9a-f]|5[0-9abd-f]|7[0-9a-e])", re.IGNORECASE)
_CODEC = ("utf-8", "surrogateescape")
_MASK = MASK.encode()
_CARD_SUSPECT = r"[2-6][0-9](?:[ -]?[0-9]){11}"


class Masker:
    """Hides what ``secrets`` takes for one, and what the user's own ``patterns`` match (RE2 over UTF-8).

    With ``cards``, numbers of payment cards too: an issuer's prefix and a right check digit, in texts. Raises
    ConfigError for a pattern that is none.
    """

    def __init__(self, patterns: Sequence[str] = (), *, cards: bool = False) -> None:
        self._own = [_compiled(pattern) for pattern in patterns]
        self._cards = cards
        parts = [*map(_as_bytes, patterns), *([_CARD_SUSPECT] if cards else []), _SUSPECT]
        self._suspect = BytePattern("|".join(f"(?:{part})" for part in parts))

    def may_hold(self, data: bytes | bytearray) -> bool:
        """Whether anything in ``data``, one line or many, has to be looked at closely."""
        return self._suspect.find(data, 0, len(data)) >= 0

    def suspects(self, units: Sequence[bytes]) -> list[int]:
        """Which of ``units`` have to be."""
        if not units or not self.may_hold(b"\n".join(units)):
            return []
        return [index for index, unit in enumerate(units) if self.may_hold(unit)]

    def text(self, text: str) -> str:
        """``text`` with what is secret in it masked."""
        for pattern in self._own:
            text = pattern.replaced(text.encode(*_CODEC), _MASK).decode(*_CODEC)
        if self._cards:
            text = _CARD.sub(lambda found: MASK if _is_card(found[0]) else found[0], text)
        return mask_text(text)

    def line(self, line: bytes) -> bytes:
        """The same for a line, whatever bytes it has."""
        text = line.decode(*_CODEC)
        # A letter of a name may be written as an escape; as it is read, the name is one.
        plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
        masked = self.text(plain)
        return (self.text(text) if masked == plain else masked).encode(*_CODEC)

    def record(self, record: Record) -> Record:
        """``record`` with what is secret in its values masked, and all of a value whose name speaks of a secret."""
        if record.get("level") == MARKER:
            return record
        return {key: self._value(key, value) for key, value in record.items()}

    def _value(self, key: str, value: str) -> str:
        if value and is_secret(key):
            return MASK
        # Of a line that is looked at closely most values are as plain as those of others.
        return self.text(value) if self.may_hold(value.encode("utf-8", "replace")) else value


def _compiled(pattern: str) -> BytePattern:
    try:
        return BytePattern(_as_bytes(pattern))
    except ValueError as error:
        raise ConfigError("mask-pattern", pattern, f"is not valid RE2: {error}") from error


def _as_bytes(pattern: str) -> str:
    """``pattern`` with the bytes of its letters in place of those that are not ASCII."""
    return pattern.encode("utf-8", "replace").decode("latin-1")


def _is_card(text: str) -> bool:
    """Whether the digits of ``text`` end with the right check digit (ISO/IEC 7812, Luhn)."""
    digits = [int(each) for each in text if each.isdigit()]
    return sum(_luhn(digits)) % 10 == 0


def _luhn(digits: Iterable[int]) -> Iterable[int]:
    for place, digit in enumerate(reversed(list(digits))):
        yield digit if place % 2 == 0 else digit * 2 - 9 * (digit > 4)
