"""``corvo guide``: on a terminal, in a pipe, and what it says of pages that are not there."""

from __future__ import annotations

import re

from corvo_agent.guides import page_called, pages
from tests.cli.kit import run_here
from tests.cli.terminal import on_terminal


def test_it_lists_every_page_with_its_title() -> None:
    outcome = run_here("guide")
    assert outcome.code == 0
    for page in pages():
        assert re.search(rf"^  {page.name} +{re.escape(page.title)}$", outcome.out, re.MULTILINE), page.name


def test_in_a_pipe_a_page_is_its_markdown() -> None:
    assert run_here("guide", "options").out == page_called("options").text


def test_a_part_of_a_page_ends_where_the_next_one_begins() -> None:
    part = run_here("guide", "options#etcd").out
    assert part.startswith("## etcd\n\n| option |")
    assert page_called("options").text.count("--etcd-password-file") == part.count("--etcd-password-file") == 1
    assert "--own-log-format" not in part
    assert run_here("guide", "options#options").out == page_called("options").text


def test_what_is_not_there_is_said_with_what_is() -> None:
    page, part = run_here("guide", "optins"), run_here("guide", "options#nope")
    assert page.code == 3
    assert page.err.startswith("corvo: guide optins not found: did you mean options or ")
    assert (part.code, part.out) == (3, "")
    assert "the guide has etcd, " in part.err
    assert run_here("guide", "zzzz").err == "corvo: guide zzzz not found: corvo guide lists them\n"


async def test_on_a_narrow_terminal_it_is_drawn_and_no_line_runs_over() -> None:
    with on_terminal("guide", "options#etcd", columns=60) as terminal:
        assert await terminal.ended() == 0
    plain = re.sub(r"\x1b\[[\d;]*m", "", terminal.text)
    assert "--etcd-password-file" in plain
    assert "| option |" not in plain
    assert max(map(len, plain.split("\r\n"))) <= 60
    assert "\x1b[36mCORVO_ETCD\x1b[0m" in terminal.text
