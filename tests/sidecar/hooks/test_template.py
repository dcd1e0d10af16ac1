from __future__ import annotations

import pytest

from corvo_agent.errors import ConfigError, InvalidArgument
from corvo_agent.levels.level import Level
from corvo_agent.sidecar.hooks.protocol import LevelChange, placeholders
from corvo_agent.sidecar.hooks.template import HookTemplate


def test_placeholders_are_filled_and_other_braces_stay() -> None:
    template = HookTemplate('{"level":"{level}","L":"{LEVEL}","for":["{logger}"],"x":{}}')
    assert template.names == {"level", "LEVEL", "logger"}
    filled = template.fill(placeholders(LevelChange(Level.WARN, "app.db")))
    assert filled == '{"level":"warn","L":"WARN","for":["app.db"],"x":{}}'


def test_values_are_not_filled_again_and_are_quoted_for_their_place() -> None:
    template = HookTemplate("{logger}={level}")
    values = placeholders(LevelChange(Level.NONE, "{level}"), {Level.NONE: "off"})
    assert template.fill(values) == "{level}=off"
    assert template.fill(values, lambda value: f"<{value}>") == "<{level}>=<off>"


def test_an_unknown_placeholder_is_an_error_that_names_it() -> None:
    with pytest.raises(ConfigError, match=r"body: unknown placeholder, got 'lvl'; valid: level, LEVEL, logger"):
        HookTemplate("{lvl}", "body")


@pytest.mark.parametrize("logger", ["-rf", "a\nb", "a\x00", "x" * 201, "a\u2028b"])
def test_what_is_no_logger_for_other_programs_is_refused(logger: str) -> None:
    with pytest.raises(InvalidArgument):
        LevelChange(Level.INFO, logger)
