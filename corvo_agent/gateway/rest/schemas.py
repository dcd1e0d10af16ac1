"""The JSON of the API as JSON Schema, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from ...modules.history.entry import CHANGES

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """A reference to one of ``SCHEMAS``."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Schema, required: tuple[str, ...] = (), **more: Any) -> Schema:
    schema: Schema = {"type": "object", "properties": properties, **more}
    return {**schema, "required": list(required)} if required else schema


_TEXT: Schema = {"type": "string"}
_TIME: Schema = {"type": "string", "description": "RFC 3339, UTC, up to nanoseconds; empty for none"}
_LABELS: Schema = {"type": "object", "additionalProperties": _TEXT}
_FLAGS: Schema = {"type": "object", "additionalProperties": {"type": "boolean"}}
_LEVEL: Schema = {"type": "string", "description": "info, warn, error or debug, in any case"}
_NULLABLE_ITEMS: Schema = {"oneOf": [{"type": "array", "items": ref("Module")}, {"type": "null"}]}

#: What everything has in common that takes a while.
_OPERATION: Schema = {
    "state": {"type": "string", "enum": ["running", "done", "failed", "cancelled"]},
    "started": _TIME,
    "seconds": {"type": ["number", "null"], "description": "how long it is to take; null where that is not known"},
    "progress": {"type": "number", "minimum": 0, "maximum": 1},
    "bytes": {"type": "integer", "description": "of its data"},
    "error": {"type": "string", "description": "why it failed"},
    "gateway": {"type": "string", "description": "the only one that has it"},
    "by": {"type": "string", "description": "who has asked for it"},
}

SCHEMAS: Schema = {
    "ObjectMeta": _object(
        {
            "name": _TEXT,
            "generation-id": _TEXT,
            "resource-version": _TEXT,
            "uuid": _TEXT,
            "labels": _LABELS,
            "creation-time": _TIME,
            "mod-time": _TIME,
            "self-link": _TEXT,
        },
        ("name", "generation-id", "creation-time", "mod-time"),
    ),
    "LevelControl": _object(
        {
            "id": _TEXT,
            "revision": _TEXT,
            "level": _TEXT,
            "until": _TIME,
            "logger": {"type": "string", "description": "nothing for the whole process"},
            "scope": {"type": "string", "description": "app, all, or names of loggers with commas between them"},
            "by": _TEXT,
            "reason": _TEXT,
        },
        ("id", "revision", "level"),
    ),
    "AppliedLevel": _object(
        {
            "level": _TEXT,
            "source": {"type": "string", "description": "override, log-level or default"},
            "since": _TIME,
            "until": _TIME,
            "by": _TEXT,
            "reason": _TEXT,
            "loggers": _LABELS,
            "logger-ends": {"type": "object", "additionalProperties": _TIME},
            "wanted": {"type": "string", "description": "what is not in force yet"},
            "fault": {"type": "string", "description": "what keeps it from being in force"},
            "only-shown": {"type": "boolean", "description": "the level only chooses which lines are shown"},
        },
        ("level",),
    ),
    "WantedLevel": _object(
        {
            "level": _TEXT,
            "source": _TEXT,
            "until": {"type": ["string", "null"]},
            "by": _TEXT,
            "reason": _TEXT,
            "scope": _TEXT,
            "then": {"type": "string", "description": "what follows when the override ends"},
            "loggers": _LABELS,
            "logger-ends": {"type": "object", "additionalProperties": _TIME},
            "enable-trace": {"type": "boolean"},
            "invalid": {"type": "string", "description": "why it is not known"},
        }
    ),
    "ModuleLevel": _object(
        {
            "name": _TEXT,
            "wanted": ref("WantedLevel"),
            "in-force": {"type": "boolean", "description": "whether the agent says that it is in force"},
            "controls": {"type": "array", "items": ref("LevelControl")},
            "applied": ref("AppliedLevel"),
            "peer": {
                "type": "string",
                "description": "Who answers where no agent has announced itself: corvo, none, or original, a process "
                "that follows log-level alone",
            },
        },
        ("name", "wanted", "in-force"),
    ),
    "HistoryEntry": _object(
        {
            "time": {**_TIME, "description": "when it was changed; of what was seen, when it was seen"},
            "module": _TEXT,
            "what": {"type": "string", "enum": list(CHANGES)},
            "who": {"type": "string", "description": "the authenticated name; nothing where the store was written to"},
            "from": {"type": "string", "description": "the address of the caller"},
            "by": {"type": "string", "description": "the name that the change gave itself"},
            "logger": {"type": "string", "description": "nothing for the whole process"},
            "level-from": _TEXT,
            "level-to": _TEXT,
            "until": _TIME,
            "reason": _TEXT,
            "change": {"type": "object", "description": "of spec or labels: a JSON merge patch"},
            "gateway": {"type": "string", "description": "the id of the gateway that it was changed through"},
            "seen": {"type": "boolean", "description": "found in the store by an agent or a gateway that watches"},
            "revision": _TEXT,
            "since": _TEXT,
        },
        ("time", "module", "what"),
    ),
    "History": _object({"items": {"type": "array", "items": ref("HistoryEntry")}}, ("items",)),
    "ProfileRequest": {
        "type": ["object", "null"],
        "properties": {
            "profile": {
                "type": "string",
                "description": "profile (of the processor), heap, allocs, goroutine, block, mutex, threadcreate, trace",
            },
            "parameters": {"oneOf": [_LABELS, {"type": "null"}], "description": "what its kind takes, such as seconds"},
        },
    },
    "Profile": _object(
        {
            "id": _TEXT,
            "module": _TEXT,
            "profile": _TEXT,
            "parameters": _LABELS,
            **_OPERATION,
        },
        ("id", "module", "profile", "parameters", *_OPERATION),
    ),
    "ProfileList": _object(
        {"gateway": _TEXT, "items": {"type": "array", "items": ref("Profile")}}, ("gateway", "items")
    ),
    "Frame": _object({"function": _TEXT, "file": _TEXT, "line": {"type": "integer"}}, ("function", "file", "line")),
    "Stack": _object(
        {
            "name": {"type": "string", "description": "the first of names"},
            "names": {"type": "array", "items": _TEXT, "description": "those that are at the same place"},
            "kind": {"type": "string", "enum": ["thread", "task", "goroutine"]},
            "count": {"type": "integer"},
            "state": _TEXT,
            "thread": {"type": "string", "description": "that of a task's loop"},
            "waits-for": {"type": "array", "items": _TEXT},
            "chain": {"type": "array", "items": _TEXT, "description": "what it waits for, and what that waits for ..."},
            "age": {"type": ["number", "null"], "description": "seconds, of the oldest; null where it is not known"},
            "age-is-least": {"type": "boolean", "description": "it is older than that"},
            "created": {"type": "string", "description": "what has created it"},
            "frames": {"type": "array", "items": ref("Frame"), "description": "the innermost first"},
        },
        ("name", "names", "kind", "count", "state", "waits-for", "chain", "age", "frames"),
    ),
    "Stacks": _object(
        {
            "module": _TEXT,
            "deadlocks": {"type": "array", "items": _TEXT, "description": "and event loops that do not turn"},
            "comments": {"type": "array", "items": _TEXT},
            "threads": {"type": "array", "items": ref("Stack")},
            "tasks": {"type": "array", "items": ref("Stack")},
            "own": {"type": "integer", "description": "threads and tasks of the agent itself that are left out"},
        },
        ("module", "deadlocks", "comments", "threads", "tasks", "own"),
    ),
    "ModuleSpec": _object(
        {
            "log-level": _LEVEL,
            "enable-trace": {"type": "boolean"},
            "args": {"type": "array", "items": _TEXT},
        }
    ),
    "ServicePort": _object({"name": _TEXT, "port": {"type": "integer", "format": "int32"}}),
    "ModuleStatus": _object(
        {
            "node": _TEXT,
            "module": _TEXT,
            "category": _TEXT,
            "last-start": _TIME,
            "restart-count": {"type": "integer", "format": "int32"},
            "last-restart-reason": _TEXT,
            "service": _TEXT,
            "service-ports": {"type": "array", "items": ref("ServicePort")},
            "mac-address": _TEXT,
        }
    ),
    "Module": _object(
        {
            "kind": _TEXT,
            "api-version": _TEXT,
            "meta": ref("ObjectMeta"),
            "spec": ref("ModuleSpec"),
            "status": ref("ModuleStatus"),
            "invalid": {
                "type": "string",
                "description": "Why no agent follows the stored value; what could not be read is shown as it is",
            },
            "controls": {"type": "array", "items": ref("LevelControl"), "description": "they lie beside the Module"},
            "applied": ref("AppliedLevel"),
        },
        ("kind", "meta", "spec", "status"),
    ),
    "ModuleInput": {
        "type": ["object", "null"],
        "description": "What is missing has its default; unknown members are ignored, names match in any case",
        "properties": {
            "meta": {
                "type": ["object", "null"],
                "properties": {
                    "name": {"type": ["string", "null"]},
                    "labels": {"oneOf": [_LABELS, {"type": "null"}]},
                    "resource-version": {"type": ["string", "null"]},
                },
            },
            "spec": {"oneOf": [ref("ModuleSpec"), {"type": "null"}]},
        },
    },
    "ModulePatch": {"type": ["object", "null"], "description": "A JSON merge patch (RFC 7396) of a Module"},
    "ModuleList": _object(
        {
            "kind": _TEXT,
            "api-version": _TEXT,
            "list-meta": _object({"total-count": {"type": "integer"}}),
            "items": _NULLABLE_ITEMS,
        },
        ("kind", "list-meta", "items"),
    ),
    "Label": {
        "type": ["object", "null"],
        "properties": {"labels": {"oneOf": [_LABELS, {"type": "null"}]}},
    },
    "LevelChange": {
        "type": ["object", "null"],
        "properties": {
            "level": {"type": ["string", "null"], "description": "null or nothing ends the override"},
            "for": {"type": ["string", "null"], "description": "how long, such as 10m, which is the default"},
            "keep": {"type": "boolean", "description": "make it the lasting level instead"},
            "logger": {"type": ["string", "null"], "description": "this logger and those below it only"},
            "scope": {"type": ["string", "null"], "description": "what a level below info reaches: app, all, or names"},
            "by": {"type": ["string", "null"]},
            "reason": {"type": ["string", "null"]},
            "id": {
                "type": ["string", "null"],
                "description": "beside other overrides of the logger, under this name, rather than in their place",
            },
        },
        "additionalProperties": False,
    },
    "Counts": _object(
        {
            "module": _TEXT,
            "since": _TIME,
            "step": {"type": "integer", "description": "seconds"},
            "counts": {
                "type": "array",
                "items": _object(
                    {"time": _TIME, "levels": {"type": "object", "additionalProperties": {"type": "integer"}}},
                    ("time", "levels"),
                ),
                "description": "steps without lines are left out",
            },
            "unknown": {"type": "string", "description": "what is not known, and why; empty for nothing"},
        },
        ("module", "since", "step", "counts", "unknown"),
    ),
    "LogAnswer": _object(
        {
            "module": _TEXT,
            "logs": {"type": "array", "items": _LABELS},
            "remarks": {"type": "array", "items": _LABELS, "description": "what the agent says of its answer"},
            "cursor": {"type": "string", "description": "where to go on, when there may be more"},
        },
        ("module", "logs", "remarks", "cursor"),
    ),
    "LogContext": _object(
        {
            "module": _TEXT,
            "logs": {"type": "array", "items": _LABELS},
            "at": {
                "type": ["integer", "null"],
                "description": "which of them is meant; null: it is not there any more",
            },
        },
        ("module", "logs", "at"),
    ),
    "ErrorKinds": _object(
        {
            "module": _TEXT,
            "since": _TEXT,
            "errors": {"type": "integer", "description": "how many in all"},
            "groups": {"type": "array", "items": ref("ErrorGroup"), "description": "the most frequent first"},
            "others": {"type": "integer", "description": "errors of further kinds than are told"},
            "remarks": {"type": "array", "items": _TEXT, "description": "what could not be judged, and why"},
        },
        ("module", "since", "errors", "groups", "others", "remarks"),
    ),
    "ErrorGroup": _object(
        {
            "count": {"type": "integer"},
            "exception": _TEXT,
            "frame": {"type": "string", "description": "the innermost call of the stack trace, or what wrote the line"},
            "message": {"type": "string", "description": "numbers and ids as marks"},
            "first": {"oneOf": [_TIME, {"type": "null"}]},
            "last": {"oneOf": [_TIME, {"type": "null"}]},
            "newest": {**_LABELS, "description": "the record of the last one"},
        },
        ("count", "exception", "frame", "message", "first", "last", "newest"),
    ),
    "DebugRequest": {
        "type": ["object", "null"],
        "properties": {
            "query": {
                "type": ["string", "null"],
                "description": "Log, Stats, Profile, Action or one of the service's own",
            },
            "parameters": {"oneOf": [_LABELS, {"type": "null"}]},
            "service-port": {"type": ["object", "null"], "properties": {"name": {"type": ["string", "null"]}}},
        },
    },
    "DebugResponse": _object({"diagnostics": {"description": "logs, stats, buffer (base64), string, or any value"}}),
    "Status": _object(
        {
            "kind": _TEXT,
            "result": _object({"Str": _TEXT}),
            "message": {"type": "array", "items": _TEXT},
            "code": {"type": "integer"},
            "object-ref": _object({"kind": _TEXT, "name": _TEXT}),
        },
        ("kind", "result", "message", "code"),
    ),
    "WhoAmI": _object(
        {
            "name": {"type": "string", "description": "the authenticated name, empty where no one is asked for one"},
            "role": _TEXT,
            "selector": {"type": "string", "description": "labels of the Modules that the caller is limited to"},
            "queries": _FLAGS,
            "may": {**_FLAGS, "description": "by command"},
            "routes": {**_FLAGS, "description": "by method and path"},
            "gateway": _object(
                {"id": _TEXT, "version": _TEXT, "started": _TIME, "modules": {"type": "integer"}},
                ("id", "version", "started", "modules"),
            ),
        },
        ("name", "role", "selector", "queries", "may", "routes", "gateway"),
    ),
    "StatusRow": _object(
        {
            "name": _TEXT,
            "node": _TEXT,
            "service": _TEXT,
            "category": _TEXT,
            "labels": _LABELS,
            "status": {"type": "string", "enum": ["live", "silent", "frozen", "no-agent", "invalid"]},
            "reachable": {"type": ["boolean", "null"], "description": "null: its agent was not asked"},
            "why": {"type": "string", "description": "why it is not live, or what of it is not known"},
            "wanted": {"oneOf": [ref("WantedLevel"), {"type": "null"}]},
            "applied": {"type": ["string", "null"]},
            "in-force": {"type": "boolean"},
            "started": {"type": ["string", "null"]},
            "restarts": {"type": "integer"},
            "workers": {"type": ["integer", "null"], "description": "processes"},
            "errors": {"type": ["integer", "null"], "description": "lines of the last ten minutes"},
            "errors-at-least": {"type": "boolean", "description": "there may be more"},
            "remarks": {"type": "array", "items": _TEXT, "description": "lines that could not be judged"},
            "cpu": {"type": ["number", "null"], "description": "percent of one processor"},
            "rss": {"type": ["integer", "null"], "description": "bytes"},
            "loop-lag": {"type": ["number", "null"], "description": "seconds, 99th percentile since the start"},
            "asked": {"type": ["string", "null"], "description": "when its agent was"},
        },
        ("name", "status", "reachable", "wanted", "applied", "errors", "cpu", "rss", "loop-lag", "asked"),
    ),
    "StatusList": _object(
        {"items": {"type": "array", "items": ref("StatusRow")}, "resource-version": _TEXT},
        ("items", "resource-version"),
    ),
    "Subscriptions": _object(
        {"subscriptions": {"type": "array", "maxItems": 32, "items": ref("Subscription")}}, ("subscriptions",)
    ),
    "Subscription": _object(
        {
            "id": {"type": "string", "maxLength": 64, "description": "stands in every line that belongs to it"},
            "kind": {"type": "string", "enum": ["logs", "statuses"]},
            "label-selector": _TEXT,
            "field-selector": _TEXT,
            "name": _TEXT,
            "names": {"type": "array", "maxItems": 100, "items": _TEXT, "description": "logs: of these Modules"},
            "parameters": {**_LABELS, "description": "logs: those of the Log query"},
            "cursors": {**_LABELS, "description": "logs: where to go on, by name of the Module"},
            "measure": {"type": "array", "maxItems": 200, "items": _TEXT, "description": "statuses: rows to measure"},
        },
        ("id", "kind"),
    ),
    "Readiness": _object({"ready": {"type": "boolean"}}, ("ready",)),
}
