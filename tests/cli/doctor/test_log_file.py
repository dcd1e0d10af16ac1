"""A log file as an agent would find it."""

from __future__ import annotations

from pathlib import Path

from corvo_agent.cli.doctor.finding import Finding, Verdict
from corvo_agent.cli.doctor.log_file import check_log

PINO = '{{"level":30,"time":176413000012{},"pid":1,"hostname":"h","msg":"fine"}}\n'


def checked(path: Path) -> dict[str, Finding]:
    return {finding.what: finding for finding in check_log(str(path))}


def test_its_lines_and_what_was_rotated_are_told(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("".join(PINO.format(number % 10) for number in range(50)))
    (tmp_path / "app.log.1").write_text(PINO.format(0))
    found = checked(path)
    assert [finding.verdict for finding in found.values()] == [Verdict.GOOD] * 3
    assert "pino" in found["log lines"].seen
    assert found["rotated files"].seen == "1, the newest first: app.log.1"


def test_a_file_without_lines_is_a_note_and_one_that_is_not_there_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.touch()
    assert checked(path)["log lines"].verdict is Verdict.NOTE
    (missing,) = checked(tmp_path / "other.log").values()
    assert missing.verdict is Verdict.FAULT
    assert "--log-file" in missing.do
