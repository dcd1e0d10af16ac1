"""What is renewed while a storm goes on: certificates for etcd, tokens of gateways, and the logs of services."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import trustme

# Seconds between two renewals.
_EVERY = 5.0


class Rotating:
    """Files in ``folder``; without ``on`` there are none, and nothing is renewed."""

    def __init__(self, folder: Path, *, on: bool) -> None:
        self.rotations = 0
        self.token = ""
        self._folder = folder
        self._on = on
        if on:
            self._authority = trustme.CA()
            self._authority.cert_pem.write_to_path(folder / "ca.pem")
            self._issue("server")
            self._issue("client")
            self._new_token()

    def url(self, url: str) -> str:
        """``url`` with the scheme that etcd speaks."""
        return url.replace("http://", "https://") if self._on else url

    def server_arguments(self) -> tuple[str, ...]:
        """For etcd."""
        if not self._on:
            return ()
        files = ("--cert-file", self._path("server.pem"), "--key-file", self._path("server.key"))
        return (*files, "--client-cert-auth", "--trusted-ca-file", self._path("ca.pem"))

    def etcd_files(self) -> dict[str, str]:
        """Options of ``EtcdOptions``."""
        if not self._on:
            return {}
        return {name: self._path(f"{file}") for name, file in _FILES.items()}

    def etcd_arguments(self) -> tuple[str, ...]:
        """Options of ``corvo``."""
        if not self._on:
            return ()
        return (
            *("--etcd-ca", self._path("ca.pem")),
            *("--etcd-cert", self._path("client.pem"), "--etcd-key", self._path("client.key")),
        )

    def tokens(self) -> tuple[str, ...]:
        """Options of ``corvo gateway``."""
        return ("--token-file", self._path("tokens")) if self._on else ()

    async def go_on(self) -> None:
        """Renew again and again, until cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            if not self._on:
                continue
            self._issue("server")
            self._issue("client")
            self._new_token()
            for log in self._folder.glob("*.log"):
                log.replace(log.with_suffix(f".log.{self.rotations % 3 + 1}"))
            self.rotations += 1

    def _path(self, name: str) -> str:
        return str(self._folder / name)

    def _issue(self, name: str) -> None:
        """A new certificate and key in the place of those of ``name``."""
        issued = self._authority.issue_cert("127.0.0.1")
        certificate, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        issued.private_key_pem.write_to_path(key.with_suffix(".new"))
        issued.cert_chain_pems[0].write_to_path(certificate.with_suffix(".new-pem"))
        key.with_suffix(".new").replace(key)
        certificate.with_suffix(".new-pem").replace(certificate)

    def _new_token(self) -> None:
        """One more token; the one before it goes on until the next renewal."""
        before, self.token = self.token, secrets.token_urlsafe(24)
        file = self._folder / "tokens"
        text = "".join(f"{token} write\n" for token in (before, self.token) if token)
        new = file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(text)
        new.replace(file)


_FILES = {"ca_file": "ca.pem", "cert_file": "client.pem", "key_file": "client.key"}
