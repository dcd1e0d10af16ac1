"""What the lines of one file are written in: found out from some of them, or stated by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import InvalidArgument
from .envelopes import open_envelopes
from .json_text import parse_object
from .logfmt import parse_logfmt
from .table import JSON_DIALECTS, PLAIN_JSON, JsonDialect, find_row
from .text_forms import FORMS, RICH_AGAIN, TextForm, find_lead, read_timed

#: Lines, and bytes of each, that are looked at to find a dialect out.
SAMPLE_LINES = 128
SAMPLE_BYTES = 16 * 1024

AUTO = "auto"
_LOGFMT = "logfmt"
_TEXT = "text"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the lines of a file are read.

    Args:
        name: how it is called: the envelope, if there is one, and what is in it, as in ``cri+pino``.
        row: the row of the table whose keys count first in JSON lines.
        forms: the forms that lines of text may have, in the order in which they are tried.
        is_text: whether the lines are text, so that a line that cannot be read belongs to the one before it.
        is_stated: whether a person said so: then nothing else is tried.
    """

    name: str = PLAIN_JSON.name
    row: JsonDialect = PLAIN_JSON
    forms: tuple[TextForm, ...] = tuple(form for form in FORMS if not form.weak)
    is_text: bool = False
    is_stated: bool = False

    @property
    def envelope(self) -> str:
        """The name of the envelope that most lines are in; "" when they are in none."""
        return self.name.partition("+")[0] if "+" in self.name else ""


#: What is assumed of a file of which no line is known yet.
UNKNOWN = Dialect()


def dialect_names() -> tuple[str, ...]:
    """The names that may be stated."""
    rows = dict.fromkeys(row.name for row in JSON_DIALECTS)
    return (AUTO, PLAIN_JSON.name, *rows, _LOGFMT, _TEXT, *(form.name for form in FORMS))


def stated_dialect(name: str, what: str = "log-format") -> Dialect | None:
    """The dialect of a name; None for ``auto``. Raises InvalidArgument naming ``what`` with the valid ones."""
    wanted = name.strip().lower()
    if wanted == AUTO:
        return None
    if wanted in (PLAIN_JSON.name, _LOGFMT):
        return Dialect(wanted, is_text=wanted == _LOGFMT, forms=(), is_stated=True)
    if wanted == _TEXT:
        return Dialect(wanted, is_text=True, is_stated=True)
    for row in JSON_DIALECTS:
        if row.name == wanted:
            return Dialect(wanted, row, (), is_stated=True)
    for form in FORMS:
        if form.name == wanted:
            return Dialect(wanted, forms=(form,), is_text=True, is_stated=True)
    raise InvalidArgument(what, name, "unknown format of log lines", dialect_names())


def find_dialect(lines: Iterable[bytes]) -> Dialect:
    """The dialect of a file of which ``lines`` are some, of which at most ``SAMPLE_LINES`` are looked at."""
    envelopes: dict[str, int] = {}
    documents: list[dict[str, Any]] = []
    texts: list[str] = []
    for _, line in zip(range(SAMPLE_LINES), lines, strict=False):
        letter = open_envelopes(line[:SAMPLE_BYTES].strip(b"\0"))
        if letter.is_part or not letter.line.strip():
            continue
        for name in letter.names[:1]:
            envelopes[name] = envelopes.get(name, 0) + 1
        document = parse_object(letter.line)
        if document is not None:
            documents.append(document)
        else:
            texts.append(letter.line.decode("utf-8", "replace"))
    return _decide(documents, texts, envelopes)


def _decide(documents: list[dict[str, Any]], texts: list[str], envelopes: dict[str, int]) -> Dialect:
    counts = _count_forms(texts)
    heads = sum(counts.values())
    named = next((name for name in sorted(envelopes, key=lambda each: -envelopes[each])), "")
    prefix = f"{named}+" if envelopes.get(named, 0) * 2 > len(documents) + len(texts) else ""
    by_name = {form.name: form for form in FORMS}
    found = [by_name[name] for name in sorted(counts, key=lambda each: -counts[each]) if name in by_name]
    if "rich" in counts:
        found.append(by_name[RICH_AGAIN])
    forms = (*found, *(form for form in FORMS if not form.weak and form not in found))
    if heads > len(documents):
        name = max(counts, key=lambda each: counts[each])
        return Dialect(prefix + name, forms=forms, is_text=True)
    row = find_row(documents)
    return Dialect(prefix + row.name, row, forms)


def _count_forms(texts: Sequence[str]) -> dict[str, int]:
    """How many lines have which form. A weak form counts only where several lines have it, or all."""
    counts: dict[str, int] = {}
    strong = [form for form in FORMS if not form.weak]
    rest = []
    for text in texts:
        lead = find_lead(text)
        name = next((form.name for form in strong if form.read(text, lead) is not None), None)
        if name is None and parse_logfmt(text) is not None:
            name = _LOGFMT
        if name is None and read_timed(text) is not None:
            name = "timed"
        if name is None:
            rest.append(text)
        else:
            counts[name] = counts.get(name, 0) + 1
    for form in FORMS:
        if form.weak and form.name != RICH_AGAIN:
            others = [text for text in rest if form.read(text, None) is None]
            count = len(rest) - len(others)
            # Lines below an error may look like one, too; a form of the file itself is seen again and again.
            if count and (count == len(texts) or (count > 1 and count * 10 >= len(texts))):
                counts[form.name] = count
                rest = others
    return counts
