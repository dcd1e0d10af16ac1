"""Reads the lines of one file in its dialect: what is in a line, its severity and its time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any

from ...timestamps import format_rfc3339
from .dialect import UNKNOWN, Dialect
from .envelopes import Letter, is_docker, open_envelopes
from .fields import lookup
from .json_text import parse_object
from .logfmt import parse_logfmt
from .nearly_json import may_open_object
from .otlp import BATCH, with_batch_read
from .severity import Scale, Severity, of_number, of_value
from .text_forms import FORMS, TextForm, TextLine, find_lead, read_timed
from .time_forms import is_unsure
from .times import TimeReader

_LONGEST = 16 * 1024  # characters of a line of text of which the form is looked for
_WEAK = tuple(form for form in FORMS if form.weak)


class LineReader:
    """Reads lines written in ``dialect``; ``zone`` and ``latest`` as for TimeReader. Not safe for two threads."""

    def __init__(
        self, dialect: Dialect = UNKNOWN, zone: tzinfo | None = None, latest: Callable[[], int] | int = 1 << 62
    ) -> None:
        self.dialect = dialect
        self.times = TimeReader(zone, latest)
        row = dialect.row
        self._level_keys = row.levels if dialect.is_stated and row.levels else row.level_keys
        self._time_keys = row.time_keys
        self._forms: dict[str, tuple[TextForm, ...]] = {}

    def read(self, line: bytes) -> dict[str, Any] | None:
        """The fields of a line, whatever envelope it is in; None when it has none that can be read.

        A line of JSON has its own fields, and those of the envelope that it lacks; a line of text has ``level``, ``ts``
        and ``msg``, as far as it tells them, and the other parts of its form.
        """
        document = parse_object(line) if line.startswith(b"{") else None
        if document is not None and not is_docker(document):
            return document if BATCH not in document else with_batch_read(document)
        letter = open_envelopes(line, document)
        if letter.names or len(letter.line) < len(line) or not line.startswith(b"{"):
            document = parse_object(letter.line) if may_open_object(letter.line) else None
        found = with_batch_read(document) if document is not None else self.read_text(letter.line, letter)
        return found if found is None or not letter.names else self.with_envelope(found, letter)

    def read_text(self, line: bytes, letter: Letter | None = None) -> dict[str, Any] | None:
        """The fields of a line of text; None when it has no known form."""
        text = line[:_LONGEST].decode("utf-8", "replace").rstrip("\r")
        named: TextLine | None = self._match(text)
        if named is None and letter is not None and "ts" in letter.fields:
            named = next((found for form in _WEAK if (found := form.read(text, None)) is not None), None)
        if named is None:
            pairs = parse_logfmt(text) if len(line) <= _LONGEST else None
            if pairs is not None:
                return dict(pairs)
            named = None if self.dialect.is_stated and self.dialect.name != "text" else read_timed(text)
        if named is not None:
            fields = self._fields(named)
            if fields is not None and len(line) > _LONGEST:
                fields["msg"] += line[_LONGEST:].decode("utf-8", "replace")
            return fields
        return None if letter is None or not letter.fields else {"msg": line.decode("utf-8", "replace").rstrip("\r")}

    def severity(self, document: Mapping[str, Any]) -> Severity | None:
        """The severity of a line with these fields; None when it has none that can be read."""
        for key, scale in self._level_keys:
            value = document.get(key)
            if value is None and "." in key:
                value = lookup(document, key)
            if value is not None and (found := of_value(value, scale)) is not None:
                return found
        return self.dialect.row.absent if self.dialect.row.fits(document) else None

    def time(self, document: Mapping[str, Any]) -> int | None:
        """The time of a line with these fields, in nanoseconds since the epoch; None without one that can be read."""
        for key in self._time_keys:
            value = document.get(key)
            if value is None and "." in key:
                value = lookup(document, key)
            if value and (found := self.times.read(value)) is not None:
                return found
        return None

    @property
    def first_level_key(self) -> tuple[str, Scale]:
        """The key of a level that counts before all others, and the scale of a number there."""
        return self._level_keys[0]

    def form_of(self, text: str) -> str:
        """The name of the form that a line of text has; "" when it has none."""
        named = self._match(text) or read_timed(text)
        return "" if named is None else named.form

    def starts(self, line: bytes) -> bool:
        """Whether a line of text is not to be taken for a part of the one before it."""
        letter = open_envelopes(line[:_LONGEST])
        if letter.line.startswith(b"{"):
            return True
        text = letter.line.decode("utf-8", "replace")
        if not text or text[0].isspace():
            return bool(text) and self._match(text) is not None
        return self._match(text) is not None or parse_logfmt(text) is not None or read_timed(text) is not None

    def opens_object(self, line: bytes) -> bool:
        """Whether a JSON object begins with a line, whatever envelope it is in."""
        return open_envelopes(line[:_LONGEST]).line.startswith(b"{")

    def _match(self, text: str) -> TextLine | None:
        first = text[:1]
        forms = self._forms.get(first)
        if forms is None and len(self._forms) < 128:
            forms = tuple(form for form in self.dialect.forms if not form.first or first in form.first)
            self._forms[first] = forms
        lead = find_lead(text)
        return next((found for form in forms or () if (found := form.read(text, lead)) is not None), None)

    def _fields(self, line: TextLine) -> dict[str, Any] | None:
        found: dict[str, Any] = {}
        if line.severity is not None:
            found["level"] = line.severity.word
        if "ts" in line.parts:
            text = line.parts["ts"]
            time = self.times.read_text(text)
            if time is None and not is_unsure(text):
                return None
            found["ts"] = text if time is None else format_rfc3339(time)
        return {**found, **{name: text for name, text in line.parts.items() if name != "ts"}}

    def with_envelope(self, document: dict[str, Any], letter: Letter) -> dict[str, Any]:
        """The fields of a line, and those that its envelopes say and the line does not."""
        fields = dict(letter.fields)
        priority = fields.pop("priority", None)
        if priority is not None and self.severity(document) is None:
            severity = of_number(int(priority) % 8, Scale.SYSLOG)
            if severity is not None:
                document["level"] = severity.word
        stamp = fields.pop("ts", None)
        if stamp is not None and self.time(document) is None:
            time = self.times.read_text(stamp)
            if time is not None:
                document["ts"] = format_rfc3339(time)
        for key, text in fields.items():
            document.setdefault(key, text)
        return document
