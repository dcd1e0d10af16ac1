"""The examples in the docstrings of the reader and the tailer, run as they stand on files of the test."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from corvo_agent.logs import LogReader, LogTailer

FOLDER = "/var/log/pensando"


class EnoughError(Exception):
    """Ends an example that goes on for ever."""


def examples(documented: type) -> list[str]:
    """The blocks of code in a docstring."""
    text = inspect.cleandoc(documented.__doc__ or "")
    return [textwrap.dedent(block) for block in re.findall(r"::\n\n((?:    .*\n|\n)+)", text + "\n")]


async def run(code: str, folder: Path, shown: Callable[..., None]) -> None:
    """Run an example in which ``shown`` prints and the usual folder is ``folder``."""
    assert FOLDER in code
    compiled = compile(code.replace(FOLDER, str(folder)), "example", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    async with asyncio.timeout(60):
        await eval(compiled, {"print": shown})


def lines(*numbers: int) -> bytes:
    return b"".join(b'{"level":"%s","msg":"%d"}\n' % (b"error" if n % 2 else b"info", n) for n in numbers)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "pen-spyglass.log"
    path.write_bytes(lines(*range(400)))
    return path


async def test_reading(log: Path) -> None:
    newest, pages = examples(LogReader)
    shown: list[tuple[str, ...]] = []
    await run(newest, log.parent, lambda *words: shown.append(words))
    assert shown == [("error" if n % 2 else "info", str(n)) for n in range(100, 400)]
    shown.clear()
    log.with_name("pen-spyglass.log.1.gz").write_bytes(b"no gzip")
    await run(pages.replace("1 << 20", "1000"), log.parent, lambda *words: shown.append(words))
    assert [words[0] for words in shown if len(words) == 1] == [str(n) for n in range(399, 0, -2)]
    assert shown[-1][0] == f"{log}.1.gz"


async def test_following(log: Path) -> None:
    errors, many = examples(LogTailer)
    shown: list[str] = []

    def show(text: str) -> None:
        shown.append(text)
        if len(shown) == 10:
            with log.open("ab") as file:
                file.write(lines(1000, 1001))
        if text == "1001":
            raise EnoughError

    with pytest.raises(EnoughError):
        await run(errors, log.parent, show)
    assert shown == [*(str(n) for n in range(381, 400, 2)), "1001"]

    def show_many(source: str, text: str) -> None:
        shown.append(text)
        if len(shown) == 1:
            (log.parent / "other.log").write_bytes(lines(7))
        if source.endswith("other.log"):
            raise EnoughError

    shown.clear()
    with pytest.raises(EnoughError):
        await run(many, log.parent, show_many)
    assert shown[-1] == "7"
