"""Answers of an agent one after the other, as long as one says that there is more."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from corvo_agent.cli.failures import Failures
from corvo_agent.cli.logs.pages import LogPages
from corvo_agent.cli.settings.where import Where
from corvo_agent.cli.where.connect import open_backend
from corvo_agent.diagnostics.handlers.log import LogHandler
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.logs import ReadLimits, is_marker

EVERYTHING = {"lines": "all", "from": "0"}


async def pages_of(path: Path, parameters: Mapping[str, str], *, lose_after: int = 100) -> tuple[list[list[str]], int]:
    """The messages of each page, remarks included, and the exit code; the file is gone after some pages."""
    async with DiagnosticsService("app", "node1") as service:
        service.register_handler("Log", LogHandler(str(path), limits=ReadLimits(max_lines=4)))
        async with DiagnosticsServer([service]) as server, open_backend(Where(address=server.address)) as backend:
            failures = Failures(named=False)
            pages = LogPages(backend, parameters, failures)
            found = []
            async for page in pages.all("node1-app", await pages.first("node1-app")):
                found.append(["remark" if is_marker(record) else record["msg"] for record in page])
                if len(found) == lose_after:
                    lose(path)
            return found, failures.code


def lose(path: Path) -> None:
    path.unlink()


def written(path: Path, count: int) -> Path:
    path.write_text("".join(f'{{"level":"info","msg":"{n}"}}\n' for n in range(count)))
    return path


async def test_all_pages_and_no_remark_between_them(tmp_path: Path) -> None:
    path = written(tmp_path / "app.log", 10)
    assert await pages_of(path, EVERYTHING) == ([list("0123"), list("4567"), list("89")], 0)
    assert await pages_of(path, {"lines": "all", "order": "desc"}) == ([list("9876"), list("5432"), list("10")], 0)


async def test_one_page_when_so_many_were_asked_for(tmp_path: Path) -> None:
    assert await pages_of(written(tmp_path / "app.log", 10), {"lines": "3"}) == ([list("789")], 0)


async def test_what_ends_early_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "app.log", 10)
    assert await pages_of(path, EVERYTHING, lose_after=2) == ([list("0123"), list("4567")], 3)
    assert "not found" in capsys.readouterr().err


async def test_several_logs_have_no_place_to_go_on_from(tmp_path: Path) -> None:
    written(tmp_path / "app.log", 10)
    found, _ = await pages_of(tmp_path / "*.log", EVERYTHING)
    assert found == [[*"0123", "remark"]]
