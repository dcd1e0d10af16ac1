"""The URL of a gateway, as people give it."""

from __future__ import annotations

import pytest

from corvo_agent.errors import ConfigError
from corvo_agent.modules.names import API_PATH
from corvo_agent.rest_client.address import base_url, check_token, segment


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://127.0.0.1:9000/", "http://127.0.0.1:9000"),
        (f"https://corvo.example{API_PATH}/", "https://corvo.example"),
        (f"https://example/corvo{API_PATH}", "https://example/corvo"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_what_stands_behind_it_does_not_matter(given: str, base: str) -> None:
    assert base_url(given) == base


@pytest.mark.parametrize(
    "given", ["127.0.0.1:9000", "ftp://x", "http://", "http://x:port", "http://x/?a=b", "http://x/#a", "http://[x"]
)
def test_what_is_no_url_of_a_gateway_is_refused(given: str) -> None:
    with pytest.raises(ConfigError, match="--gateway"):
        base_url(given, "--gateway")


def test_a_password_in_it_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigError) as refused:
        base_url("http://me:geheim@x")
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("url", ["https://corvo.example", "http://127.0.0.1:9000", "http://localhost", "http://[::1]"])
def test_a_token_may_go_over_tls_or_to_loopback(url: str) -> None:
    check_token(url)


@pytest.mark.parametrize("url", ["http://corvo.example", "http://127.0.0.1.example", "http://10.0.0.1"])
def test_a_token_does_not_go_anywhere_else(url: str) -> None:
    with pytest.raises(ConfigError, match="https"):
        check_token(url)


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "a b", "ä", "a?b#c", "%2e"])
def test_a_name_is_one_segment_of_a_path(name: str) -> None:
    assert not set(segment(name)) & set("/ ?#")
    assert segment(name) not in ("", ".", "..")


def test_a_good_name_is_itself() -> None:
    assert segment("node1-pen_npm.x@y") == "node1-pen_npm.x@y"
