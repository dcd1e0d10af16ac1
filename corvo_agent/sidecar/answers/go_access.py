"""What the HTTP server of a Go process asks of its callers: headers, and TLS."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from ...diagnostics.tls import client_ssl
from ...errors import ConfigError, system_reason

_WHAT = "go-pprof-headers"
_LONGEST = 64 << 10


@dataclass(frozen=True, slots=True)
class GoAccess:
    """How to be let in: ``headers`` names a file with ``NAME: VALUE`` lines, such as ``Authorization: Bearer ...``.

    The file is read for each question, so a renewed token is used at once. ``tls`` is for https; the authorities of
    the system are trusted without it.
    """

    headers: Path | None = None
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, headers: str = "", ca: str = "", cert: str = "", key: str = "") -> GoAccess:
        """From the names of files, "" for none; reads them all once. Raises ConfigError naming what is wrong."""
        tls = None
        if ca or cert or key:
            ca_path, cert_path, key_path = (Path(name) if name else None for name in (ca, cert, key))
            tls = client_ssl(ca_path, cert_path, key_path, protocols=("http/1.1",))
        access = cls(Path(headers) if headers else None, tls)
        access.read_headers()
        return access

    def read_headers(self) -> dict[str, str]:
        """The headers as they stand in the file now; empty lines and those behind # are left out.

        Blocks on the disk. Raises ConfigError, which quotes no value.
        """
        if self.headers is None:
            return {}
        try:
            with open(self.headers, encoding="utf-8") as file:
                lines = file.read(_LONGEST).splitlines()
        except OSError as error:
            raise ConfigError(_WHAT, str(self.headers), system_reason(error)) from error
        except UnicodeDecodeError:
            raise ConfigError(_WHAT, str(self.headers), "is not UTF-8") from None
        found: dict[str, str] = {}
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            name, colon, value = line.partition(":")
            if not colon or not name.strip().isascii() or not name.strip().replace("-", "").replace("_", "").isalnum():
                raise ConfigError(_WHAT, str(self.headers), f"line {number} has to be NAME: VALUE")
            found[name.strip()] = value.strip()
        return found
