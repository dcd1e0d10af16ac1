"""The program run in this process, in a thread with a loop of its own, its output kept."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import orjson

from corvo_agent.cli.main import run


class Stream(io.TextIOWrapper):
    """An output in memory; a terminal if wanted."""

    def __init__(self, *, terminal: bool = False) -> None:
        self.bytes = io.BytesIO()
        self._terminal = terminal
        super().__init__(self.bytes, encoding="utf-8", write_through=True)

    def isatty(self) -> bool:
        return self._terminal

    @property
    def text(self) -> str:
        return self.bytes.getvalue().decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left behind."""

    code: int
    out: str
    err: str
    raw: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)

    @property
    def rows(self) -> list[list[str]]:
        """A table in a pipe, without its head."""
        return [line.split("\t") for line in self.out.splitlines()[1:]]


@contextmanager
def root_logger_kept() -> Iterator[None]:
    """Take back what a program does to the root logger to write its own log: its stream is gone after the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def run_here(*arguments: str, terminal: bool = False) -> Outcome:
    """Run ``corvo`` with ``arguments`` in this thread."""
    out, err = Stream(terminal=terminal), Stream(terminal=terminal)
    with redirect_stdout(out), redirect_stderr(err), root_logger_kept():
        code = run(arguments)
    return Outcome(code, out.text, err.text, out.bytes.getvalue())


async def corvo(*arguments: str, terminal: bool = False) -> Outcome:
    """Run ``corvo`` with ``arguments`` in a thread, while the test's own loop serves it."""
    return await asyncio.to_thread(run_here, *arguments, terminal=terminal)
