"""The parameters of the queries Log and Profile as JSON Schema: all of them are texts."""

from __future__ import annotations

from .schema import LABELS, Schema, object_of

#: What each parameter of the query Log says.
LOG_PARAMETERS = {
    "lines": "How many of the newest lines, or all: as many as one answer may have",
    "max-results": "Another name of lines; the smaller one counts",
    "from": "Skip so many of them first, from the oldest one",
    "day": "Lines of that day, such as 2026-11-24, UTC",
    "since": "Lines not before: a time, RFC 3339, or how long ago, such as 10m",
    "until": "Lines before: a time or how long ago",
    "level": "That level and those above it, or all",
    "audit": "Audit lines, which no level hides: yes (unless told), no, only",
    "grep": "A regular expression (RE2) in the line",
    "fixed": "A text in the line",
    "field.NAME": "The value of a field; !=x, ~re, !~re, <n, <=n, >n and >=n compare otherwise",
    "trace": "Lines of the trace with that id",
    "module": "Short for field.module",
    "submodule": "Short for field.submodule",
    "caller": "Short for field.caller",
    "order": "asc (unless told) or desc",
    "columns": "These fields only, separated by commas",
    "context": "So many lines before and behind each match as well",
    "raw": "yes: with each record the line as it is in the file",
    "join": "yes: lines that are no JSON object belong to the object before them",
    "counts": "60s: how many lines of each severity there are in each such step, in place of the lines",
    "cursor": "The place to go on from, as an answer has told it",
}
#: What each parameter of a profile says, and the kinds that take it.
PROFILE_PARAMETERS = {
    "seconds": "How long to measure: profile, heap, allocs, block, mutex, threadcreate, trace",
    "hz": "Samples a second: profile",
    "mode": "cpu, wall or gil: profile",
    "engine": "py-spy or builtin: profile; tracemalloc or memray: heap, allocs",
    "budget": "Percent of a processor that it may take itself: profile",
    "frames": "Frames of each stack: heap, allocs",
    "base": "The number of an earlier answer, or a time: growth since then: heap, allocs",
    "children": "yes: with the processes below; of a sidecar only: profile, goroutine",
}


def _texts(parameters: dict[str, str], about: str) -> Schema:
    properties = {name: {"type": "string", "description": text} for name, text in parameters.items()}
    return object_of(properties, description=about, additionalProperties={"type": "string"})


#: By name.
QUERY_SCHEMAS: Schema = {
    "LogParameters": _texts(LOG_PARAMETERS, "What the query Log takes"),
    "ProfileParameters": _texts(PROFILE_PARAMETERS, "What the query Profile takes, besides profile itself"),
    "OtherParameters": {**LABELS, "description": "What any other query takes: texts by name"},
}
