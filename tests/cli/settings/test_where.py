"""Where commands look: what is wrong is named, and what nobody says is a gateway on this machine."""

from __future__ import annotations

import pytest

from corvo_agent.cli.settings.where import DEFAULT_GATEWAY, Where
from corvo_agent.errors import ConfigError


def test_without_a_word_there_is_a_default_and_no_secret() -> None:
    where = Where()
    assert (where.gateway, where.address, where.etcd.urls) == ("", "", ())
    assert DEFAULT_GATEWAY.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_a_timeout_that_is_none_is_refused(seconds: float) -> None:
    with pytest.raises(ConfigError, match="timeout"):
        Where(timeout=seconds)


def test_a_token_is_not_shown() -> None:
    assert "geheim" not in repr(Where(gateway_token="geheim"))
