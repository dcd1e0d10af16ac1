"""What bash hands over as one line is taken apart as a shell does, and only its own last word is replaced."""

from __future__ import annotations

import pytest
from click.shell_completion import CompletionItem, get_completion_class

from corvo_agent.cli.main import cli
from corvo_agent.cli.shells import COMPLETE_VARIABLE, BashCompletion, register


@pytest.fixture
def bash() -> BashCompletion:
    return BashCompletion(cli, {}, "corvo", COMPLETE_VARIABLE)


@pytest.mark.parametrize(
    ("line", "words", "incomplete", "value", "replaced"),
    [
        ("corvo lev", [], "lev", "level", "level"),
        ("corvo level ", ["level"], "", "n1-a", "n1-a"),
        ("corvo logs -l team=n", ["logs", "-l"], "team=n", "team=net", "net"),
        ("corvo top --gateway http://h:9", ["top", "--gateway"], "http://h:9", "http://h:9000", "9000"),
        ("corvo logs 'two words' x", ["logs", "two words"], "x", "xyz", "xyz"),
        ("corvo logs 'open", ["logs"], "open", "opened", "opened"),
    ],
)
def test_the_word_at_the_cursor(
    bash: BashCompletion,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    words: list[str],
    incomplete: str,
    value: str,
    replaced: str,
) -> None:
    monkeypatch.setenv("COMP_LINE", line)
    assert bash.get_completion_args() == (words, incomplete)
    assert bash.format_completion(CompletionItem(value)) == f"plain,{replaced}"


def test_click_uses_it_for_bash(bash: BashCompletion) -> None:
    register()
    used: object = get_completion_class("bash")
    assert used is BashCompletion
    script = bash.source()
    assert COMPLETE_VARIABLE in script
    assert "complete -o nosort" in script
