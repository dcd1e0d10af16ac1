"""Markdown on a terminal, wide and narrow."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from corvo_agent.cli.show.markdown import draw
from corvo_agent.guides import Page, pages
from corvo_agent.guides.markdown import parse, tree

TEXT = """# Title

Some *words* and `code`, and [a page](options.md#agent).

- one
- two that is rather long and has to be folded somewhere because it does not fit

```sh
corvo logs node1-pen-npm --since 10m --level Error --grep 'a long expression' -o json
```

| option | variable | meaning |
|---|---|---|
| `--allow-log-folder` | `CORVO_ALLOW_LOG_FOLDER` | Folders besides its own |
| `--pid` | `CORVO_PID` | |

1. first
2. second
"""


def drawn(page: Page, width: int, *, colour: bool = False) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=colour, highlight=False)
    draw(tree(parse(page, lambda name, anchor: f"corvo guide {name}#{anchor}")), console)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_all_kinds_of_blocks() -> None:
    lines = drawn(Page("p", "how-to", TEXT), 80)
    # How far columns stand apart differs between versions of rich.
    assert [re.sub("(?<=[^ ])  +", "   ", re.sub("─+", "─", line)) for line in lines] == [
        "Title",
        "",
        "Some words and code, and a page (corvo guide options#agent).",
        "",
        "• one",
        "• two that is rather long and has to be folded somewhere because it does not fit",
        "",
        "    corvo logs node1-pen-npm --since 10m --level Error --grep 'a long expression' -o json",
        "",
        "option   variable   meaning",
        "─",
        "--allow-log-folder   CORVO_ALLOW_LOG_FOLDER   Folders besides its own",
        "--pid   CORVO_PID",
        "",
        "1. first",
        "2. second",
    ]


def test_a_table_that_does_not_fit_becomes_records() -> None:
    lines = drawn(Page("p", "how-to", TEXT), 50)
    start = lines.index("--allow-log-folder")
    assert lines[start:-3] == [
        "--allow-log-folder",
        "    variable: CORVO_ALLOW_LOG_FOLDER",
        "    meaning: Folders besides its own",
        "--pid",
        "    variable: CORVO_PID",
    ]


def test_colours_are_for_terminals() -> None:
    assert "\x1b[36mcode\x1b[0m" in "\n".join(drawn(Page("p", "how-to", TEXT), 80, colour=True))
    assert "\x1b" not in "\n".join(drawn(Page("p", "how-to", TEXT), 80))


@pytest.mark.parametrize("width", [60, 200])
def test_every_page_fits_but_for_its_code(width: int) -> None:
    for page in pages():
        code = {line.strip() for block in page.text.split("```")[1::2] for line in block.splitlines()}
        for line in drawn(page, width):
            assert cell_len(line) <= width or line.strip() in code, (page.name, line)
