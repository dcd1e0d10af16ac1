"""Regular expressions in time linear in the text: RE2, so that no pattern can hang the agent.

A pattern is matched against one line at a time; ``^`` and ``$`` are the line's ends. Because RE2 can be told never to
match a newline, a block of many lines may be searched in one call, outside of Python's global lock.
"""

from __future__ import annotations

import re

import re2

from ...errors import InvalidArgument

MAX_LENGTH = 1000  # characters of a pattern
_MEMORY = 1 << 20  # bytes for program and automaton; bounds the time to compile, too

_MODE = "(?m)"

# What means the ends of the text rather than of a line, any byte at all, or switches the line mode off.
_NEEDS_ONE_LINE = re.compile(r"\\[AzCQ]|\(\?[a-zA-Z]*[ms-]")


def _options() -> re2.Options:
    options = re2.Options()
    options.never_nl = True
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _MEMORY
    return options


class Pattern:
    """A compiled regular expression in RE2's syntax, over UTF-8.

    Raises InvalidArgument naming ``what`` when ``text`` is not a valid RE2 expression, or is too large.
    """

    def __init__(self, text: str, what: str = "grep") -> None:
        if len(text) > MAX_LENGTH:
            raise InvalidArgument(what, text, f"longer than {MAX_LENGTH} characters")
        try:
            self._compiled = re2.compile(_MODE + text, options=_options())
        except re2.error as error:
            raise InvalidArgument(what, text, f"not a regular expression (RE2): {_reason(error)}") from error
        except UnicodeEncodeError as error:
            raise InvalidArgument(what, text, "not valid text") from error
        #: Whether ``find`` may be used over many lines at once.
        self.spans_blocks = _NEEDS_ONE_LINE.search(text) is None

    def search(self, line: bytes) -> bool:
        """Whether it matches anywhere in ``line``."""
        return self._compiled.search(line) is not None

    def find(self, data: bytes | bytearray, start: int, end: int) -> int:
        """Where the first match in ``data[start:end]`` starts, or -1; ``start`` is the start of a line."""
        match = self._compiled.search(data, start, end)
        return -1 if match is None else match.start()


def quoted(text: str) -> str:
    """The pattern that matches ``text`` and nothing else."""
    return str(re2.escape(text))


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return text.replace(_MODE, "", 1)  # the error quotes the pattern, and the caller did not write this part
