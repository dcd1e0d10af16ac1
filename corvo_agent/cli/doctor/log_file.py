"""A log file as an agent would find it: whether it may be read, what its lines are, what belongs to it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ...errors import CorvoError
from ...logs.files.log_file import open_log
from ...logs.files.log_folders import pin_folders
from ...logs.files.rotation import Rotation
from ...logs.search.survey import Surveyor
from ...profiles.shown.amounts import quantity
from ..show.ages import age
from .finding import Finding, Verdict, fault_of

_READABLE = "let the agent's user read it and enter its folders, by a group that both are in or setfacl -m u:USER:r"
_TOLD = 5


def check_log(path: str) -> Iterator[Finding]:
    """Open it, find its dialect out, list what was rotated. Blocks on the disk."""
    folders, surveyor = pin_folders(path), Surveyor()
    try:
        with open_log(path, folders) as log:
            survey = surveyor.survey(log)
            changed = age(time.time() - log.modified / 1e9)
            yield Finding("log file", Verdict.GOOD, f"{path}: {quantity(log.size, 'bytes')}, changed {changed} ago")
    except CorvoError as error:
        yield fault_of("log file", error, "name the file that the service writes: --log-file FILE", _READABLE)
        return
    if survey.template is None and not survey.dialect.is_text and not log.size:
        yield Finding("log lines", Verdict.NOTE, "none yet: how they are written is found out when there are some")
    else:
        do = "state it: --log-format, --log-zone" if survey.doubt else ""
        seen = f"read as {survey.dialect.name}" + (f"; {survey.doubt}" if survey.doubt else "")
        yield Finding("log lines", Verdict.NOTE if survey.doubt else Verdict.GOOD, seen, do)
    yield _rotated(path, folders, surveyor)


def _rotated(path: str, folders: tuple[str, ...], surveyor: Surveyor) -> Finding:
    rotation = Rotation(path, folders, surveyor)
    try:
        files = rotation.files()
    except CorvoError as error:
        return fault_of("rotated files", error, "let the agent's user list the folder", _READABLE)
    names = ", ".join(file.path.rpartition("/")[2] for file in files[:_TOLD])
    seen = f"{len(files)}, the newest first: {names}" if files else "none"
    doubts = "; ".join(doubt for _, doubt in rotation.doubts)
    return Finding("rotated files", Verdict.NOTE if doubts else Verdict.GOOD, f"{seen}{'; ' if doubts else ''}{doubts}")
