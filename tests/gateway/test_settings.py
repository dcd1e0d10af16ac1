"""What ``corvo gateway`` can be told; what is unsafe is refused by the gateway itself."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from corvo_agent.errors import ConfigError
from corvo_agent.gateway.settings import GATEWAY, GatewaySettings
from corvo_agent.settings.own_log import OwnLogSettings

NETWORKS = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("192.0.2.1"))


def test_each_source_has_its_spelling_of_every_kind(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('listen = "127.0.0.1:1"\nallow-network = ["10.0.0.0/8", "192.0.2.1"]\nmax-staleness = "5m"')
    environment = {"CORVO_GATEWAY_LISTEN": "127.0.0.1:2", "CORVO_AGENT_TLS": "yes", "CORVO_LISTEN": "127.0.0.1:3"}
    gathered = GATEWAY.gather({"check-interval": "10s", "gateway-cert": "c"}, environment, str(file))
    assert gathered.section(GatewaySettings) == GatewaySettings(
        listen="127.0.0.1:2",
        allow_networks=NETWORKS,
        agent_tls=True,
        tls_cert="c",
        max_staleness=300.0,
        check_interval=10.0,
    )


def test_networks_are_separated_by_commas_or_given_one_by_one() -> None:
    for given in (("10.0.0.0/8", "192.0.2.1"), ("10.0.0.0/8, 192.0.2.1",)):
        assert GATEWAY.gather({"allow-network": given}, {}).section(GatewaySettings).allow_networks == NETWORKS


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"allow-network": "10.0.0.1/8"}, "--allow-network: 10.0.0.1/8 has host bits set"),
        ({"max-staleness": "soon"}, "--max-staleness: not a duration"),
        ({"check-interval": "0"}, "--check-interval: must be greater than 0"),
    ],
)
def test_a_wrong_value_is_named_by_its_option(line: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        GATEWAY.gather(line, {})
    assert str(caught.value).startswith(words)


def test_its_own_log_is_for_people_unless_it_is_told_otherwise() -> None:
    assert GATEWAY.gather({}, {}).section(OwnLogSettings) == OwnLogSettings("text", "Info")
