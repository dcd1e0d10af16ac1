"""A program's settings come from four places, one outranking the next, and every mistake is named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from corvo_agent.errors import ConfigError
from corvo_agent.settings.own_log import OwnLogSettings
from corvo_agent.settings.program import Program, Source, mistaken_variables
from corvo_agent.settings.setting import setting


@dataclass(frozen=True)
class Pump:
    """Five settings."""

    a: str = setting("default", "A.")
    b: str = setting("default", "B.")
    c: str = setting("default", "C.")
    d: str = setting("default", "D.")
    pause: float = setting(10.0, "How long it rests.", option="rest")


PUMP = Program(Pump, OwnLogSettings, defaults={"own-log-format": "text"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "c.toml"
    path.write_text('a = "file"\nb = "file"\nc = "file"\n')
    return path


def test_the_line_outranks_the_environment_that_the_file_and_that_the_default(file: Path) -> None:
    environment = {"CORVO_A": "environment", "CORVO_B": "environment", "CORVO_D": "", "UNRELATED": "x"}
    gathered = PUMP.gather({"a": "line", "b": None}, environment, str(file))
    assert gathered.section(Pump) == Pump("line", "environment", "file", "default", 10.0)
    assert [gathered.source(option) for option in "abcd"] == list(Source)
    assert gathered.value("b") == "environment"


def test_a_program_may_have_a_default_of_its_own() -> None:
    assert OwnLogSettings().own_log_format == "json"
    assert PUMP.gather({}, {}).section(OwnLogSettings).own_log_format == "text"
    assert PUMP.gather({"own-log-format": "json"}, {}).section(OwnLogSettings).own_log_format == "json"


@pytest.mark.parametrize(
    ("line", "environment", "content", "words"),
    [
        ({"rest": "soon"}, {"CORVO_REST": "1s"}, "rest = 1", "--rest: not a duration"),
        ({}, {"CORVO_REST": "soon"}, "rest = 1", "CORVO_REST: not a duration"),
        ({}, {}, 'rest = "soon"', "{file}: rest: not a duration"),
        ({}, {}, 'own-log-format = "xml"', "{file}: own-log-format: unknown format, got 'xml'; valid: json, text"),
        ({"own-log-level": "loud"}, {}, "", "--own-log-level: unknown level, got 'loud'; valid: Debug"),
    ],
)
def test_a_wrong_value_is_named_by_where_it_was_given(
    line: dict[str, str], environment: dict[str, str], content: str, words: str, file: Path
) -> None:
    file.write_text(content)
    with pytest.raises(ConfigError) as caught:
        PUMP.gather(line, environment, str(file))
    assert str(caught.value).startswith(words.format(file=file))


def test_what_a_nearer_source_outranks_is_not_even_read(file: Path) -> None:
    file.write_text("rest = []")
    assert PUMP.gather({"rest": "1m"}, {"CORVO_REST": "soon"}, str(file)).section(Pump).pause == 60.0


def test_a_key_of_another_program_is_passed_over_and_one_of_none_is_a_mistake(file: Path) -> None:
    file.write_text('a = "x"\nother = 3')
    assert PUMP.gather({}, {}, str(file), others=lambda: ["other"]).section(Pump).a == "x"
    with pytest.raises(ConfigError, match=r"c\.toml: other: unknown key; valid: a, b"):
        PUMP.gather({}, {}, str(file))


def test_variables_that_are_almost_ours_are_found_and_others_left_alone() -> None:
    kubernetes = {"CORVO_GATEWAY_SERVICE_HOST": "10.0.0.1", "CORVO_GATEWAY_PORT": "tcp://10.0.0.1:80"}
    known = ["CORVO_MODULE", "CORVO_LOG_FILE", "CORVO_CONFIG", "CORVO_ADDRESS", "CORVO_TLS_CA", "CORVO_GATEWAY"]
    mistakes = {"CORVO_LOGFILE": "x", "CORVO_MODUL": "x"}
    assert mistaken_variables({**kubernetes, **dict.fromkeys(known, "x"), **mistakes}, known) == {
        "CORVO_LOGFILE": "CORVO_LOG_FILE",
        "CORVO_MODUL": "CORVO_MODULE",
    }
