"""A log file as an agent would find it: whether it may be read, what its lines are, what belongs to it."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ...errors import CorvoError, PermissionRefused
from ...logs.files.log_file import open_log
from ...logs.files.log_folders import pin_folders
from ...logs.files.rotation import Rotation
from ...logs.search.survey import Surveyor
from ...profiles.shown.amounts import quantity
from ..show.ages import age
from .finding import Finding, Verdict, fault_of

_READABLE = "let the agent's user read it, by a group that both are in or setfacl -m u:USER:r FILE"
# Of root's look, which no permission bars.
_AS_ROOT = "an agent of another user may be allowed less: let that user run this, sudo -u USER corvo doctor"
_TOLD = 5


def check_log(path: str) -> Iterator[Finding]:
    """Open it, find its dialect out, list what was rotated. Blocks on the disk."""
    folders, surveyor = pin_folders(path), Surveyor()
    try:
        with open_log(path, folders) as log:
            survey = surveyor.survey(log)
            changed = age(time.time() - log.modified / 1e9)
            size = quantity(log.size, "bytes") if log.size else "empty"
            do = "" if os.geteuid() else _AS_ROOT
            yield Finding("log file", Verdict.GOOD, f"{path}: {size}, changed {changed} ago", do)
    except CorvoError as error:
        yield _unread(path, error)
        return
    if survey.template is None and not survey.dialect.is_text and not log.size:
        yield Finding("log lines", Verdict.NOTE, "none yet: how they are written is found out when there are some")
    else:
        do = "state it: --log-format, --log-zone" if survey.doubt else ""
        seen = f"read as {survey.dialect.name}" + (f"; {survey.doubt}" if survey.doubt else "")
        yield Finding("log lines", Verdict.NOTE if survey.doubt else Verdict.GOOD, seen, do)
    yield _rotated(path, folders, surveyor)


def _unread(path: str, error: CorvoError) -> Finding:
    """Why it could not be opened: the first folder that may not be entered, or the file."""
    folders = [str(each) for each in reversed(Path(path).absolute().parents)]
    closed = next((folder for folder in folders if os.path.isdir(folder) and not os.access(folder, os.X_OK)), "")
    if closed and isinstance(error, PermissionRefused):
        do = f"let the agent's user enter it, by a group that both are in or setfacl -m u:USER:x {closed}"
        return Finding("log file", Verdict.FAULT, f"{path}: {_user()} may not enter {closed}", do)
    found = fault_of("log file", error, "name the file that the service writes: --log-file FILE", _READABLE)
    return replace(found, seen=f"{found.seen}, as {_user()}") if isinstance(error, PermissionRefused) else found


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        # A container need not have a name for it.
        return f"user {os.geteuid()}"


def _rotated(path: str, folders: tuple[str, ...], surveyor: Surveyor) -> Finding:
    rotation = Rotation(path, folders, surveyor)
    try:
        files = rotation.files()
    except PermissionRefused:
        folder = Path(path).absolute().parent
        seen = f"{_user()} may not list {folder}: what was rotated is not found"
        return Finding(
            "rotated files", Verdict.FAULT, seen, f"let the agent's user list it: setfacl -m u:USER:rx {folder}"
        )
    except CorvoError as error:
        return fault_of("rotated files", error, "let the agent's user list the folder", _READABLE)
    names = ", ".join(file.path.rpartition("/")[2] for file in files[:_TOLD])
    seen = f"{len(files)}, the newest first: {names}" if files else "none"
    doubts = "; ".join(doubt for _, doubt in rotation.doubts)
    return Finding("rotated files", Verdict.NOTE if doubts else Verdict.GOOD, f"{seen}{'; ' if doubts else ''}{doubts}")
