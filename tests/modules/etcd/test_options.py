"""Wrong options are refused before anything is opened, and the password is never shown."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from corvo_agent.errors import ConfigError
from corvo_agent.modules.etcd.options import EtcdOptions


@pytest.mark.parametrize(
    ("urls", "endpoints"),
    [
        ("http://a:1", ("http://a:1",)),
        (" http://a:1 , http://b:2,", ("http://a:1", "http://b:2")),
        ("https://ETCD-1.example.com/", ("https://etcd-1.example.com:2379",)),
        ("http://127.0.0.1", ("http://127.0.0.1:2379",)),
        ("http://[::1]:5", ("http://[::1]:5",)),
        ("http://a:1,http://a:1", ("http://a:1",)),
    ],
)
def test_urls_are_normalised(urls: str, endpoints: tuple[str, ...]) -> None:
    assert EtcdOptions.from_urls(urls).endpoints == endpoints


@pytest.mark.parametrize(
    "url", ["a:2379", "ftp://a", "http://", "http://a:0", "http://a:x", "http://a b", "http://a/v3", "http://[::1", "/"]
)
def test_a_bad_url_is_refused_by_its_name(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        EtcdOptions.from_urls(f"http://good:1,{url}")
    assert caught.value.value == url


@pytest.mark.parametrize("urls", ["", " , "])
def test_no_url_is_refused(urls: str) -> None:
    with pytest.raises(ConfigError, match="at least one"):
        EtcdOptions.from_urls(urls)


def test_schemes_are_not_mixed() -> None:
    with pytest.raises(ConfigError, match="mixed"):
        EtcdOptions.from_urls("http://a,https://b")


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"ca_file": "ca.pem"}, "etcd ca_file: it needs https"),
        ({"cert_file": "c.pem", "key_file": "k.pem"}, "etcd cert_file: it needs https"),
        ({"server_hostname": "x"}, "etcd server_hostname: it needs https"),
        ({"password": "secret"}, "etcd password: it needs a user name"),
        ({"call_timeout": 0}, "etcd call_timeout: it must be greater than 0, got 0"),
        ({"connect_timeout": float("nan")}, "etcd connect_timeout"),
        ({"max_watches": -1}, "etcd max_watches"),
    ],
)
def test_options_that_make_no_sense_are_refused(others: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        EtcdOptions.from_urls("http://a", **others)


def test_a_certificate_needs_its_key() -> None:
    for others in ({"cert_file": "c.pem"}, {"key_file": "k.pem"}):
        with pytest.raises(ConfigError, match="belong together"):
            EtcdOptions.from_urls("https://a", **others)


def test_the_password_is_never_shown() -> None:
    assert "secret" not in repr(EtcdOptions(username="u", password="secret"))
    for url in ("http://u:secret@a", "http://u:secret@a:x", "u:secret@a"):
        with pytest.raises(ConfigError) as caught:
            EtcdOptions.from_urls(url)
        assert "secret" not in str(caught.value) + repr(caught.value)


def test_the_default_is_a_local_etcd_and_nothing_can_be_changed() -> None:
    options = EtcdOptions()
    assert options.endpoints == ("http://127.0.0.1:2379",)
    assert not options.tls
    assert EtcdOptions.from_urls("https://a").tls
    with pytest.raises(FrozenInstanceError):
        options.username = "x"  # type: ignore[misc]
