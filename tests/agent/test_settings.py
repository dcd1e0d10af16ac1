"""What ``corvo agent`` can be told, and what is refused before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corvo_agent.agent.options import AgentOptions
from corvo_agent.agent.settings import AGENT, AgentSettings
from corvo_agent.errors import ConfigError


def test_without_a_module_there_is_nothing_to_do() -> None:
    with pytest.raises(ConfigError, match="module: is missing: give --module, CORVO_MODULE or module in the file"):
        AGENT.gather({}, {}).section(AgentSettings)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"stop_timeout": 0.0}, "stop-timeout: must be greater than 0"),
        ({"stop_timeout": float("inf")}, "stop-timeout: must be greater than 0, and finite"),
        ({"lease_ttl": float("nan")}, "lease-ttl"),
        ({"check_interval": -1.0}, "check-interval"),
        ({"max_lines": 0}, "max-lines"),
        ({"default_level": "loud"}, "default-level: unknown level, got 'loud'; valid: Debug"),
        ({"tls_cert": "a.pem"}, "tls-cert: belongs together with tls-key"),
        ({"go_pprof_headers": "h"}, "go-pprof: is missing"),
        ({"go_pprof": "http://h", "go_pprof_cert": "c.pem"}, "go-pprof-cert"),
        ({"tls_client_ca": "ca.pem"}, "tls-client-ca: needs tls-cert"),
        ({"pid": -1}, "pid: must be the number of a process, got -1"),
        ({"pid": 1, "pid_file": "f"}, "pid: goes without pid-file"),
        ({"advertise": "http://h:1"}, "advertise: must be HOST:PORT"),
        ({"advertise": "h:abc"}, "advertise: must be HOST:PORT"),
        ({"advertise": "h:65536"}, "advertise: a port is at most 65535, got 'h:65536'"),
        ({"advertise": "h:0"}, "advertise: port 0 cannot be dialled"),
        ({"advertise": "0.0.0.0:1"}, "advertise: stands for all addresses of this machine"),
        ({"pid_file": "f", "match": "x"}, "pid-file: goes without match"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_option(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        AgentSettings(module="m", **given)


def test_durations_have_a_readable_form_wherever_they_are_given(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('module = "m"\nlease-ttl = "1m"\nstop-timeout = 3')
    gathered = AGENT.gather({"check-interval": "2500ms"}, {}, str(tmp_path / "c.toml"))
    settings = gathered.section(AgentSettings)
    assert (settings.check_interval, settings.lease_ttl, settings.stop_timeout) == (2.5, 60.0, 3.0)


def test_an_agent_in_a_service_and_the_program_have_the_same_defaults() -> None:
    settings, options = AgentSettings(module="m"), AgentOptions()
    common = ("category", "listen", "advertise", "insecure", "check_interval", "lease_ttl", "stop_timeout")
    assert [getattr(settings, name) for name in common] == [getattr(options, name) for name in common]
    assert (settings.default_level, options.default_level) == ("", None)
