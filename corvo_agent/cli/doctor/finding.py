"""What one check has found."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ...errors import CorvoError, PermissionRefused


class Verdict(enum.Enum):
    """How it is: as it should be, to be known, or to be mended."""

    GOOD = "good"
    NOTE = "note"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """``what`` was looked at, what was ``seen``, and what to ``do`` about it, "" when nothing is to be done."""

    what: str
    verdict: Verdict
    seen: str
    do: str = ""


def fault_of(what: str, error: CorvoError, do: str, refused: str) -> Finding:
    """A finding of a check that failed; ``refused`` is what to do where permission is what is missing."""
    seen = str(error)
    if "certificate" in seen.lower():
        # It is there, and nothing but TLS stands in the way: no token would help.
        return Finding(what, Verdict.FAULT, seen, _certificate("etcd" if what.startswith("etcd") else "tls"))
    return Finding(what, Verdict.FAULT, seen, refused if isinstance(error, PermissionRefused) else do)


def _certificate(options: str) -> str:
    """What to do about a certificate; ``options`` is how those of the connection begin."""
    return (
        f"name the authority that its certificate comes from (--{options}-ca), the name that it shows "
        f"(--{options}-hostname) or yours (--{options}-cert and --{options}-key)"
    )
