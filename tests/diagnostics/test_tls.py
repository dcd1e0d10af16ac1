"""TLS contexts: what is missing or wrong is told by its file; what they do is shown by the server's tests."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from corvo_agent.diagnostics.tls import client_ssl, server_ssl
from corvo_agent.errors import ConfigError
from tests.certificates import Authority


def test_servers_ask_for_certificates_only_with_an_authority(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own = authority.issue("agent.example")
    assert server_ssl(own.cert, own.key).verify_mode is ssl.CERT_NONE
    assert server_ssl(own.cert, own.key, authority.path).verify_mode is ssl.CERT_REQUIRED


def test_clients_always_check(tmp_path: Path) -> None:
    for context in (client_ssl(), client_ssl(Authority(tmp_path).path)):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    own = Authority(tmp_path).issue("agent.example")
    other = Authority(tmp_path, "other").issue("agent.example")
    text = tmp_path / "text"
    text.write_text("no certificate")
    with pytest.raises(ConfigError, match=r"cannot be used \(No such file or directory\)"):
        server_ssl(tmp_path / "missing", own.key)
    with pytest.raises(ConfigError, match=r"certificate and key: cannot be used"):
        server_ssl(own.cert, other.key)
    for ca in (text, tmp_path / "missing"):
        with pytest.raises(ConfigError, match=r"certificate authority: cannot be used"):
            client_ssl(ca)
    with pytest.raises(ConfigError, match="a certificate and its key have to be given together"):
        client_ssl(cert=own.cert)
