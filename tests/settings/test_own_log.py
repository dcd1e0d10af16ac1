"""How a program's own log is told of."""

from __future__ import annotations

from typing import Any

import pytest

from corvo_agent.errors import ConfigError
from corvo_agent.settings.own_log import OwnLogSettings


def test_it_is_json_at_info_unless_told_otherwise() -> None:
    assert OwnLogSettings() == OwnLogSettings("json", "Info")
    assert OwnLogSettings("text", "warning").own_log_level == "warning"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"own_log_format": "xml"}, "own-log-format: unknown format, got 'xml'; valid: json, text"),
        ({"own_log_level": "loud"}, "own-log-level: unknown level, got 'loud'; valid: Debug"),
    ],
)
def test_what_there_is_not_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        OwnLogSettings(**given)
