"""The same searches done the simple way: every line of every file, one after the other, with the standard library."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from corvo_agent.errors import InvalidArgument
from corvo_agent.levels.level import Level
from corvo_agent.logs.lines.severity import Audit
from corvo_agent.logs.search.conditions import FieldCondition, Operator
from corvo_agent.logs.search.query import LogQuery, Order
from corvo_agent.timestamps import parse_rfc3339

RANKS = {"debug": 10, "trace": 10, "info": 20, "warn": 30, "warning": 30, "error": 40, "fatal": 40, "critical": 40}


def units_of(content: bytes, query: LogQuery, *, is_over: bool = False) -> list[bytes]:
    """The units of a file; when nothing more is written to it, a last line without a newline is one as well."""
    *lines, rest = content.split(b"\n")
    if not query.joined:
        return lines + [rest] * bool(is_over and rest)
    units: list[bytes] = []
    for index, line in enumerate(lines):
        if index == 0 or line.startswith(b"{"):
            units.append(line)
        else:
            units[-1] += b"\n" + line
    return units + [rest] * bool(is_over and rest)


def document_of(unit: bytes) -> dict[str, Any]:
    """The object of a unit with its values as they are, or its text."""
    head, newline, rest = unit.partition(b"\n")
    for text in (unit, head):
        try:
            found = json.loads(text.decode())
        except ValueError:
            continue
        if isinstance(found, dict):
            # Also where the rest is blank, and the whole could be read as one object.
            if newline:
                found["msg"] = text_of(found.get("msg", "")) + "\n" + rest.decode(errors="replace")
            return found
        break
    return {"msg": unit.decode(errors="replace"), "level": "raw"}


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def time_of(document: dict[str, Any]) -> int | None:
    for key in ("ts", "@timestamp", "timestamp", "time"):
        try:
            if document.get(key) and isinstance(document[key], str):
                return parse_rfc3339(document[key])
        except InvalidArgument:
            continue
    return None


def record_of(document: dict[str, Any], source: str) -> dict[str, str]:
    record = {key: text_of(value) for key, value in document.items()}
    if document.get("level") == 7:  # in syslog
        record["corvo.level"] = "debug"
    record.setdefault("source", source)
    try:
        nanoseconds = parse_rfc3339(record.get("ts", ""))
        if nanoseconds:
            moment = datetime.fromtimestamp(nanoseconds // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            record.setdefault("@timestamp", f"{moment}.{nanoseconds % 10**9 // 10**6:03d}Z")
    except InvalidArgument:
        pass
    return record


def field_passes(condition: FieldCondition, document: dict[str, Any], source: str) -> bool:
    value: Any = {**record_of(document, source), **document}
    if condition.name in value:
        value = value[condition.name]
    else:
        for key in condition.name.split("."):
            value = value.get(key) if isinstance(value, dict) else None
    kind, operand = condition.operator, condition.operand
    if kind is Operator.EQUAL:
        return value is not None and text_of(value) == operand
    if kind is Operator.NOT_EQUAL:
        return value is None or text_of(value) != operand
    if kind in (Operator.MATCH, Operator.NO_MATCH):
        found = value is not None and re.search(operand, text_of(value)) is not None
        return found if kind is Operator.MATCH else not found
    try:
        number = float(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError):
        return False
    if number is None:
        return False
    return {
        Operator.ABOVE: number > float(operand),
        Operator.BELOW: number < float(operand),
        Operator.AT_LEAST: number >= float(operand),
        Operator.AT_MOST: number <= float(operand),
    }[kind]


def matches(unit: bytes, query: LogQuery, source: str) -> bool:
    document = document_of(unit)
    level = document.get("level")
    name = level.lower() if isinstance(level, str) else "debug" if level == 7 else ""
    if name == "audit":
        if query.audit is Audit.WITHOUT:
            return False
    elif query.audit is Audit.ONLY or RANKS.get(name, 20) < (query.level or Level.DEBUG):
        return False
    if query.window and time_of(document) not in query.window:
        return False
    # As it stands in the file, or as a value is shown.
    texts = [unit, *(text_of(value).encode() for value in document.values())]
    if query.fixed and not any(query.fixed.encode() in text for text in texts):
        return False
    if query.grep and not any(re.search(query.grep.encode(), text, re.MULTILINE) for text in texts):
        return False
    return all(field_passes(condition, document, source) for condition in query.fields)


def search(files: Sequence[tuple[str, bytes]], query: LogQuery) -> list[dict[str, str]]:
    """What ``query`` finds in ``files`` (name and content), the oldest first."""
    found = [
        record_of(document_of(unit), name)
        for name, content in files
        for unit in units_of(content, query, is_over=name != files[-1][0])
        if matches(unit, query, name)
    ]
    if query.order is Order.DESCENDING:
        found.reverse()
        first = query.offset or 0
        found = found[first : first + query.lines]
    elif query.offset is None:
        found = found[-query.lines :] if query.lines else []
    else:
        found = found[query.offset : query.offset + query.lines]
    if query.columns:
        return [{name: record[name] for name in query.columns if name in record} for record in found]
    return found
