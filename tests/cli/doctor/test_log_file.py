"""A log file as an agent would find it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
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


# Root is refused nothing: it becomes another user, once all that this takes is loaded.
_AS_ANOTHER = """
import json, os, sys
from corvo_agent.cli.doctor.log_file import check_log
for path in ("/dev/null/none", *sys.argv[1:]):
    list(check_log(path))
if not os.geteuid():
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
found = [check_log(path) for path in sys.argv[1:]]
print(json.dumps([[(each.what, each.verdict.value, each.seen, each.do) for each in findings] for findings in found]))
"""


def test_what_bars_another_user_is_named() -> None:
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        top.chmod(0o755)
        for folder in ("file", "entered", "listed"):
            (top / folder).mkdir(mode=0o755)
            (top / folder / "app.log").write_text(PINO.format(0))
        try:
            (top / "file/app.log").chmod(0o000)
            (top / "entered").chmod(0o600)
            (top / "listed").chmod(0o311)
            paths = [str(top / folder / "app.log") for folder in ("file", "entered", "listed")]
            done = subprocess.run(
                (sys.executable, "-c", _AS_ANOTHER, *paths), capture_output=True, text=True, check=True, timeout=60
            )
        finally:
            for folder in ("entered", "listed"):
                (top / folder).chmod(0o755)
    file, entered, listed = json.loads(done.stdout)
    assert len(file) == len(entered) == 1
    assert file[0][1] == entered[0][1] == "fault"
    assert "no permission to read it, as " in file[0][2]
    assert f"may not enter {top / 'entered'}" in entered[0][2]
    assert f":x {top / 'entered'}" in entered[0][3]
    assert [each[:2] for each in listed] == [["log file", "good"], ["log lines", "good"], ["rotated files", "fault"]]
    assert f"may not list {top / 'listed'}" in listed[2][2]
