"""A file that explains itself is read back as what was given, and as the defaults where its comments are taken away."""

from __future__ import annotations

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.agent.settings import AGENT
from corvo_agent.gateway.settings import GATEWAY
from corvo_agent.settings.program import Program
from corvo_agent.settings.toml_text import commented_toml, quoted
from corvo_agent.writer.settings import WRITER

PROGRAMS = {"agent": AGENT, "gateway": GATEWAY, "writer": WRITER}


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_setting_is_there_and_what_it_shows_can_be_read(name: str) -> None:
    program: Program = PROGRAMS[name]
    text = commented_toml(program, name, {})
    assert tomllib.loads(text) == {}
    opened = "\n".join(line.removeprefix("#") for line in text.splitlines() if not line.startswith("# "))
    table = tomllib.loads(opened)
    assert list(table) == [each.option for each in program.settings]
    gathered = program.gather({}, {}, table={key: table[key] for key in _with_defaults(program)})
    for option in _with_defaults(program):
        assert gathered.value(option) == next(each.default for each in program.settings if each.option == option)


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_said_of_it_is_of_this_program(name: str) -> None:
    program: Program = PROGRAMS[name]
    text = commented_toml(program, name, {})
    (option,) = re.findall(r"an option \(--([\w-]+)\)", text)
    (variable,) = re.findall(r"CORVO_\w+", text)
    assert (option, variable) in {(each.option, each.variable) for each in program.settings}
    # An item of a list is one: what the command line splits at commas is not how a file has it.
    assert "[," not in text


def _with_defaults(program: Program) -> list[str]:
    return [each.option for each in program.settings if each.default]


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.floats(0.001, 1e6),
    st.integers(1, 10**9),
    st.lists(st.text(st.characters(exclude_characters=",", exclude_categories=["Cs", "Z", "Cc"]), min_size=1)),
)
def test_what_is_given_is_read_back(text: str, seconds: float, number: int, items: list[str]) -> None:
    values = {"module": text, "check-interval": round(seconds, 3), "max-lines": number, "allow-user": tuple(items)}
    table = tomllib.loads(commented_toml(AGENT, "agent", values))
    gathered = AGENT.gather({}, {}, table=table)
    assert {option: gathered.value(option) for option in values} == values


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_quoted(text: str) -> None:
    assert tomllib.loads(f"x = {quoted(text)}")["x"] == text
