"""A handler that hands records to a queue whole: exceptions, messages that are dicts, tasks and traces included."""

from __future__ import annotations

import copy
import logging
from logging.handlers import QueueHandler
from typing import Any

from .formatter import MAX_LINE, MAX_VALUE, SAID_BEFORE, exception_fields, message_fields
from .json_values import PlainValues, cut
from .record_fields import task_name, trace_ids

_TRACEBACKS = logging.Formatter()
_PLAIN = frozenset((str, int, float, bool, type(None)))
_FRESH = frozenset((*logging.LogRecord("", 0, "", 0, "", (), None).__dict__, "taskName"))


class JsonQueueHandler(QueueHandler):
    """Puts a copy of each record on a queue, for a ``QueueListener`` here or in another process to write.

    That of the standard library merges the traceback into the message, and turns a message that is a dict into text.
    Here each keeps its place in the line that ``JsonFormatter`` writes, whose ``trace_id``, ``span_id`` and task are
    those of the place where the record was made. What the copy holds is made of plain types: it can be pickled, and
    does not change with the application's objects.

    ``dictConfig`` takes it as ``class`` where it takes the standard library's.
    """

    def prepare(self, record: logging.LogRecord) -> Any:
        """A copy of ``record`` that stands for itself. Does not raise, whatever the record holds."""
        made = copy.copy(record)
        values = PlainValues(MAX_VALUE, MAX_LINE)
        said: dict[str, Any] = {}
        for key, value in record.__dict__.items():
            if key not in _FRESH and type(value) not in _PLAIN:
                made.__dict__[key] = values.plain(value)
        if isinstance(record.msg, dict) and not record.args:
            made.msg = values.plain(record.msg)
        else:
            made.msg = message_fields(record, said, MAX_VALUE, MAX_LINE)
        made.args = None
        if record.exc_info or record.exc_text:
            made.exc_text = exception_fields(record, said, MAX_VALUE, _TRACEBACKS.formatException)
            made.exc_info = None
        if record.stack_info:
            made.stack_info = cut(str(record.stack_info), MAX_VALUE)
        made.taskName = task_name(record)
        ids = trace_ids()
        if ids is not None and "trace_id" not in made.__dict__:
            made.trace_id, made.span_id = ids
        if said:
            setattr(made, SAID_BEFORE, said)
        return made
