"""Keeps apart the tests that need more than Python and git, and says at the end how many were left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from .machine import missing

#: What ``-m`` has to be for those tests to be left out; setup.cfg makes it the default.
WITHOUT = "not world"
_KEY = "left_to_world"


class WorldReport:
    """A plugin of pytest; with xdist each process has one, and that of the terminal learns from the others."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._left: dict[str, int] = {}

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Fail before anything is started when the machine lacks something: asked for, it is not skipped in silence."""
        for mark in item.iter_markers("world"):
            if lacking := missing(mark.args):
                pytest.fail(f"this machine has no {', no '.join(lacking)}", pytrace=False)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count what was left out by what it needs."""
        if self._config.option.markexpr != WITHOUT:
            return
        for item in items:
            if mark := item.get_closest_marker("world"):
                needed = " and ".join(mark.args)
                self._left[needed] = self._left.get(needed, 0) + 1

    def pytest_sessionfinish(self) -> None:
        """Hand the numbers to the process that has the terminal."""
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[_KEY] = self._left

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take them: each process has found all tests, so the numbers of one are those of all."""
        self._left = getattr(node, "workeroutput", {}).get(_KEY) or self._left

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say it."""
        if self._left:
            parts = ", ".join(f"{needed} {number}" for needed, number in sorted(self._left.items()))
            total = sum(self._left.values())
            terminalreporter.write_line(
                f"left to `tox run -e console,world`: {total} tests that need more than Python and git ({parts})"
            )
