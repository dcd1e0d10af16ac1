"""What is printed: JSON that is JSON, tables for eyes and for pipes, and nothing that drives a terminal."""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from io import TextIOWrapper

from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.cli.show.output import json_text, note, print_json, print_result, print_table, yaml_text
from corvo_agent.cli.show.yaml_format import read_yaml
from tests.cli.kit import Stream


def table(*, terminal: bool) -> str:
    stream = Stream(terminal=terminal)
    with redirect_stdout(stream):
        print_table(("NAME", "VALUE"), [("a", 1), ("b[red]", "two\nlines\x1b[31m")])
    return stream.text


def test_a_table_in_a_pipe_has_one_line_for_each_row() -> None:
    assert table(terminal=False) == "NAME\tVALUE\na\t1\nb[red]\ttwo\\nlines\\x1b[31m\n"


def test_a_table_on_a_terminal_shows_brackets_as_they_are() -> None:
    shown = table(terminal=True)
    assert "b[red]" in shown
    assert "two\\nlines\\x1b[31m" in shown


def test_json_is_indented_and_keeps_what_json_cannot_hold_as_text() -> None:
    stream = Stream()
    with redirect_stdout(stream):
        print_json({"a": 1, 2: object})
    assert json.loads(stream.text) == {"a": 1, "2": "<class 'object'>"}
    assert stream.text.count("\n") == 4


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8")))
def test_json_survives_and_holds_no_controls(text: str) -> None:
    shown = json_text({"v": text})
    assert json.loads(shown) == {"v": text}
    assert shown.isprintable()


def test_a_note_goes_to_stderr() -> None:
    stream = Stream()
    with redirect_stderr(stream):
        note("done\x07")
    assert stream.text == "done\\x07\n"


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), st.lists, max_leaves=5))
@settings(deadline=None)
def test_yaml_says_what_json_says(value: object) -> None:
    shown = yaml_text({"v": value})
    assert read_yaml(shown) == json.loads(json_text({"v": value}))
    assert not [char for char in shown if (ord(char) < 0x20 and char != "\n") or 0x7F <= ord(char) <= 0x9F]


def test_each_form_of_a_result() -> None:
    def result(output: str | None, *, terminal: bool = False) -> str:
        stream = Stream(terminal=terminal)
        with redirect_stdout(stream):
            print_result(output, [{"a": 1}], ("A",), [("1",)])
        return stream.text

    assert result(None) == result("text") == result("text", terminal=True) == "A\n1\n"
    assert result("json") == '[\n  {\n    "a": 1\n  }\n]\n'
    assert result("yaml") == "- a: 1\n"
    assert "─" in result("table")
    assert "─" in result(None, terminal=True)


# What turns the direction of text (CVE-2021-42574), takes no place, or is a tag beyond 16 bits.
HIDDEN = "\u202e\u2066\u200b\u200f\ufeff\u2028\U000e0041"


def test_what_hides_or_turns_text_is_escaped_in_json_and_yaml() -> None:
    value = {f"k{HIDDEN}": [f"admin{HIDDEN} \u00e9\U0001f600", "plain"]}
    for text in (json_text(value), json_text(value, indented=True), yaml_text(value)):
        assert text.replace("\n", "").isprintable()
        assert "\u00e9" in text
        assert "202e" in text.lower()
    assert json.loads(json_text(value)) == value
    assert read_yaml(yaml_text(value)) == value


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")), max_size=3))
def test_yaml_survives_and_is_printable(value: dict[str, str]) -> None:
    text = yaml_text(value)
    assert text.replace("\n", "").isprintable()
    assert read_yaml(text) == value


def test_a_log_on_a_full_disk_ends_no_program() -> None:
    # With a buffer its end would raise, which is the interpreter's.
    with open("/dev/full", "wb", buffering=0) as full, redirect_stderr(TextIOWrapper(full, write_through=True)):
        note("serving")
