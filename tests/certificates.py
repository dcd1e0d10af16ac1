"""Certificates of an authority that the tests make, as files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Identity:
    """Paths of a certificate and its key."""

    cert: Path
    key: Path


class Authority:
    """A certificate authority that writes into ``folder``."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._ca = trustme.CA()
        self._folder = folder
        self._name = name
        self.path = folder / f"{name}.pem"
        self._ca.cert_pem.write_to_path(self.path)

    def issue(self, host: str) -> Identity:
        """A certificate for the DNS name or IP address ``host``."""
        issued = self._ca.issue_cert(host)
        identity = Identity(self._folder / f"{self._name}-{host}.pem", self._folder / f"{self._name}-{host}.key")
        for blob in issued.cert_chain_pems:
            blob.write_to_path(identity.cert, append=True)
        issued.private_key_pem.write_to_path(identity.key)
        return identity
