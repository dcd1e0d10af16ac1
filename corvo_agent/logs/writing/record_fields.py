"""What a line says beyond what each says: attributes of the record that are asked for, and the trace it belongs to."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from typing import Any

#: Attributes of a record that a line may be asked to have; the others are in each line, or are no use in one.
ASKED_FOR = frozenset(
    (
        *("created", "filename", "funcName", "levelname", "levelno", "lineno", "msecs", "name", "pathname"),
        *("process", "processName", "relativeCreated", "taskName", "thread", "threadName"),
    )
)
# What each line says under a key of its own: a format that names one of these asks for nothing more.
_SAID = frozenset(("created", "filename", "levelname", "lineno", "name", "process"))
_PLACEHOLDERS = {"%": re.compile(r"%\((\w+)\)"), "{": re.compile(r"\{(\w+)"), "$": re.compile(r"\$\{?(\w+)")}
# The module's name, then nothing or the first placeholder.
_MODULE = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\s|$)")


def checked_fields(names: Iterable[str]) -> tuple[str, ...]:
    """``names`` without repetitions; raises ValueError for one that no record has."""
    found = tuple(dict.fromkeys(names))
    if unknown := [name for name in found if name not in ASKED_FOR]:
        raise ValueError(f"no field of a log record: {', '.join(unknown)} (there are {', '.join(sorted(ASKED_FOR))})")
    return found


def read_format(text: str, style: str) -> tuple[str, tuple[str, ...]]:
    """The module's name and the fields that a format of ``logging`` asks for: ``pen-npm %(threadName)s``.

    A text without placeholders is the name. Before placeholders it is one when it stands by itself. What is no
    attribute of each record, such as the key of an extra field, asks for nothing: a record that has it shows it.
    Raises ValueError for a ``style`` that ``logging`` does not know.
    """
    if style not in _PLACEHOLDERS:
        raise ValueError(f"style {style!r} is none of {', '.join(_PLACEHOLDERS)}")
    found = list(_PLACEHOLDERS[style].finditer(text))
    if not found:
        return text.strip(), ()
    module = _MODULE.match(text[: found[0].start()].lstrip())
    names = [match[1] for match in found if match[1] in ASKED_FOR and match[1] not in _SAID]
    return module[1] if module else "", tuple(dict.fromkeys(names))


def task_name(record: logging.LogRecord) -> str | None:
    """The asyncio task in which ``record`` was made: ``logging`` itself tells it from 3.12 on."""
    known = getattr(record, "taskName", None)
    if known is not None or hasattr(record, "taskName"):
        return known
    asyncio = sys.modules.get("asyncio")
    try:
        task = asyncio.current_task() if asyncio is not None else None
    except RuntimeError:
        return None
    return None if task is None else str(task.get_name())


def trace_ids() -> tuple[str, str] | None:
    """The ids of OpenTelemetry's trace and span that are active here, as W3C writes them; None outside of a span."""
    telemetry: Any = sys.modules.get("opentelemetry.trace")
    if telemetry is None:
        return None
    try:
        context = telemetry.get_current_span().get_span_context()
        return (f"{context.trace_id:032x}", f"{context.span_id:016x}") if context.is_valid else None
    except Exception:
        # Another version of it, or one that is being imported by another thread: the line goes without.
        return None
