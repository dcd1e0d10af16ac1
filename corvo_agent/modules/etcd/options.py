"""How to reach an etcd, checked before anything is opened."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from ...addresses import join_host_port
from ...errors import ConfigError
from ..json.stream import DEFAULT_LIMIT

DEFAULT_PORT = 2379
_HOST = re.compile(r"[A-Za-z0-9._:%-]+")
_FilePath = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class EtcdOptions:
    """Endpoints, TLS, user and bounds.

    ``endpoints`` are URLs of members of one cluster, all with the same scheme; the first is tried first.
    With https, ``ca_file`` replaces the system's authorities, ``cert_file`` with ``key_file`` is the client's
    certificate, and ``server_hostname`` is the name that the servers' certificates must have when that is not the
    name in the URL. Renewed files are used by new connections. With a ``username`` etcd's own users are used; a
    certificate with a common name is refused by etcd's gateway then. ``read_password`` is called, in a thread, whenever
    a token is needed, for a password that changes; it may raise ConfigError.

    ``call_timeout`` bounds every call with all its attempts and the opening of a watch, ``connect_timeout`` the
    connecting to one endpoint, both in seconds. ``max_watches`` bounds the watches open at once (one connection
    each), ``max_connections`` the calls under way at once, while further ones wait their turn within their time, and
    ``max_message`` the bytes of one answer or message.

    Raises ConfigError naming the option. The password is never shown.
    """

    endpoints: tuple[str, ...] = (f"http://127.0.0.1:{DEFAULT_PORT}",)
    ca_file: _FilePath | None = None
    cert_file: _FilePath | None = None
    key_file: _FilePath | None = None
    server_hostname: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    read_password: Callable[[], str] | None = field(default=None, repr=False)
    connect_timeout: float = 2.0
    call_timeout: float = 4.0
    max_watches: int = 1000
    max_connections: int = 32
    max_message: int = DEFAULT_LIMIT

    def __post_init__(self) -> None:
        if not self.endpoints:
            raise ConfigError("etcd endpoints", None, "at least one URL is needed")
        # Frozen, so that it cannot change behind a store's back; it is normalised before a caller has it.
        object.__setattr__(self, "endpoints", tuple(dict.fromkeys(map(_endpoint, self.endpoints))))
        schemes = {endpoint.partition(":")[0] for endpoint in self.endpoints}
        if len(schemes) > 1:
            raise ConfigError("etcd endpoints", ", ".join(self.endpoints), "http and https must not be mixed")
        self._check_files(schemes.pop())
        if (self.password or self.read_password) and not self.username:
            raise ConfigError("etcd password", None, "it needs a user name")
        for name in ("connect_timeout", "call_timeout", "max_watches", "max_connections", "max_message"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"etcd {name}", getattr(self, name), "it must be greater than 0")

    @classmethod
    def from_urls(cls, urls: str, **others: Any) -> Self:
        """Options from a comma-separated list such as ``http://a:2379,http://b:2379``; ``others`` are fields."""
        return cls(tuple(url.strip() for url in urls.split(",") if url.strip()), **others)

    @property
    def tls(self) -> bool:
        """Whether the endpoints speak https."""
        return self.endpoints[0].startswith("https:")

    def _check_files(self, scheme: str) -> None:
        if scheme == "http":
            for name in ("ca_file", "cert_file", "key_file", "server_hostname"):
                if getattr(self, name):
                    raise ConfigError(f"etcd {name}", getattr(self, name), "it needs https endpoints")
        if bool(self.cert_file) != bool(self.key_file):
            raise ConfigError("etcd cert_file", self.cert_file, "a certificate and its key_file belong together")


def _endpoint(url: str) -> str:
    """``url`` as scheme, host and port, nothing else. Raises ConfigError naming it."""
    if "@" in url:
        # Not shown: it may hold a password.
        raise ConfigError("etcd endpoint", None, "user and password have options of their own, not a place in the URL")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ConfigError("etcd endpoint", url, str(error)) from error
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or port == 0:
        raise ConfigError("etcd endpoint", url, "it must look like http://host:2379 or https://host:2379")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ConfigError("etcd endpoint", url, "there must be nothing behind the port")
    return f"{parts.scheme}://{join_host_port(host, port or DEFAULT_PORT)}"
