"""How a program reaches etcd, as it is told."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..errors import ConfigError
from .secret_file import read_secret
from .setting import check_pair, check_settings, setting

if TYPE_CHECKING:
    from ..modules.etcd.options import EtcdOptions


def _check_urls(urls: tuple[str, ...], what: str) -> None:
    if any("@" in url for url in urls):
        # Not shown: it may hold a password.
        raise ConfigError(what, None, "user and password have settings of their own, not a place in the URL")


@dataclass(frozen=True, slots=True)
class EtcdSettings:
    """Endpoints of one etcd, TLS and user; without ``urls`` there is none. Raises ConfigError naming the option."""

    urls: tuple[str, ...] = setting(
        (), "etcd itself: the endpoints of one cluster.", option="etcd", metavar="URL[,URL]", check=_check_urls
    )
    ca: str = setting("", "Authority that the certificates of etcd come from.", option="etcd-ca", metavar="FILE")
    cert: str = setting("", "Certificate to show to etcd.", option="etcd-cert", metavar="FILE")
    key: str = setting("", "Key of --etcd-cert.", option="etcd-key", metavar="FILE")
    hostname: str = setting(
        "", "Name in the certificates of etcd, when it is not that of the URL.", option="etcd-hostname", metavar="NAME"
    )
    user: str = setting("", "User of etcd.", option="etcd-user", metavar="NAME")
    password: str = setting(
        "", "Password of --etcd-user; better in a file.", option="etcd-password", metavar="TEXT", secret=True
    )
    password_file: str = setting(
        "", "File that holds the password of --etcd-user.", option="etcd-password-file", metavar="FILE"
    )

    def __post_init__(self) -> None:
        check_settings(self)
        check_pair(self, "cert", "key")
        if self.password and self.password_file:
            raise ConfigError("etcd-password-file", self.password_file, "there is an etcd-password already")


def etcd_options(settings: EtcdSettings) -> EtcdOptions:
    """What a client of etcd takes, which reads the password from its file when it is needed. Blocks on the disk.

    Raises ConfigError: there are no ``urls``, one of them is not a URL, or the file cannot be read.
    """
    # Late: a program that has no etcd does not pay for it.
    from ..modules.etcd.options import EtcdOptions

    if not settings.urls:
        raise ConfigError("etcd", None, "give --etcd URL or CORVO_ETCD")
    read_password = partial(read_secret, settings.password_file, "--etcd-password-file")
    # What is wrong with the file has to show at the start.
    read_password()
    return EtcdOptions(
        settings.urls,
        ca_file=settings.ca or None,
        cert_file=settings.cert or None,
        key_file=settings.key or None,
        server_hostname=settings.hostname or None,
        username=settings.user or None,
        password=settings.password or None,
        read_password=read_password if settings.password_file else None,
    )
