"""What a stack trace says of an error: its type, and the place where it was raised.

Traces are read as interpreters and runtimes print them: CPython's (innermost call last, exception below), those with a
line ``at ...`` for each call (Java, JavaScript, .NET: exception above, innermost call first), and Go's (a function, and
below it a file).
"""

from __future__ import annotations

import re

#: Characters of a trace that are looked at: both ends of it, for either may name the place.
_END = 32_768
_PYTHON_FRAME = re.compile(r'^[\s|+]*File "([^"\n]{1,1000})", line (\d+)(?:, in (.{1,300}))?', re.MULTILINE)
_PYTHON_ERROR = re.compile(r"^[ |]*([A-Za-z_][\w.]*)(?::|$)", re.MULTILINE)
_AT = re.compile(r"^\s+at (.{1,500})$", re.MULTILINE)
_AT_ERROR = re.compile(
    r'^(?:Exception in thread "[^"\n]*" |Uncaught |Unhandled exception\. )?([A-Za-z_$][\w.$]*)(?::|\s*$)', re.MULTILINE
)
_GO_FRAME = re.compile(r"^(\S.{0,500})\n\s+(\S{1,500}\.go):(\d+)", re.MULTILINE)
_GO_ARGUMENTS = re.compile(r"\((?:0x|\.\.\.|\{)[^()]*\)?$|\(\)$")
_GO_OWN = ("panic(", "runtime.", "runtime/", "testing.")
_FOLDERS = re.compile(r"(?:file://)?(?:[^\s/()]*/)+(?=[^\s/]+:(?:line )?\d)")


def read_trace(text: str) -> tuple[str, str]:
    """The type of the error that ``text`` traces, and where it was raised, such as ``pay (shop.py:41)``.

    Each is "" where it cannot be told. Of several exceptions in one trace it is the one that ended up in the log.
    """
    if len(text) > 2 * _END:
        text = f"{text[:_END]}\n{text[-_END:]}"
    if (frames := list(_PYTHON_FRAME.finditer(text))) != []:
        last = frames[-1]
        # Below the frame stands the line of code, indented.
        error = _PYTHON_ERROR.search(text, text.find("\n", last.end()) + 1) if "\n" in text[last.end() :] else None
        return error[1] if error else "", _place(last[3], last[1], last[2])
    if (at := _AT.search(text)) is not None:
        error = _AT_ERROR.search(text[: at.start()])
        return error[1] if error else "", _FOLDERS.sub("", at[1]).strip()
    for frame in _GO_FRAME.finditer(text):
        if not frame[1].startswith(_GO_OWN):
            return "", _place(_GO_ARGUMENTS.sub("", frame[1]), frame[2], frame[3])
    return "", ""


def _place(function: str | None, file: str, line: str) -> str:
    where = f"{file.rpartition('/')[2]}:{line}"
    return f"{function.strip()} ({where})" if function else where
