"""Certificates that serve make contexts; files that do not are named, and without any there is no TLS."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from corvo_agent.errors import ConfigError
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.gateway.tls import agent_context, grpc_context, server_context
from tests.certificates import Authority

from .conftest import LOCAL

Make = Callable[[GatewaySettings], ssl.SSLContext | None]


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> GatewaySettings:
    authority = Authority(tmp_path_factory.mktemp("tls"))
    ours, shown = authority.issue("gateway.test"), authority.issue("agent.test")
    return replace(
        LOCAL,
        tls_cert=str(ours.cert),
        tls_key=str(ours.key),
        agent_ca=str(authority.path),
        agent_cert=str(shown.cert),
        agent_key=str(shown.key),
    )


@pytest.mark.parametrize("make", [server_context, agent_context, grpc_context])
def test_without_certificates_there_is_no_tls(make: Make) -> None:
    assert make(LOCAL) is None


@pytest.mark.parametrize("make", [server_context, agent_context, grpc_context])
def test_nothing_older_than_tls_1_2_is_spoken(make: Make, secured: GatewaySettings) -> None:
    context = make(secured)
    assert context is not None
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_agents_have_to_show_who_they_are(secured: GatewaySettings) -> None:
    for settings in (secured, replace(LOCAL, agent_tls=True)):
        context = agent_context(settings)
        assert context is not None
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize(
    ("make", "option"),
    [
        (server_context, "tls_cert"),
        (grpc_context, "tls_cert"),
        (agent_context, "agent_cert"),
        (agent_context, "agent_ca"),
    ],
)
def test_a_file_that_does_not_serve_is_named(make: Make, option: str, secured: GatewaySettings, tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path / "garbage"):
        (tmp_path / "garbage").write_text("not a certificate")
        broken = replace(secured, **{option: str(path)})  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="cannot be used"):
            make(broken)
