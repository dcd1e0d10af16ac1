"""What else is asked for and answered, as JSON Schema: logs, counts, stacks, profiles, the fleet at a glance."""

from __future__ import annotations

from .schema import FLAGS, LABELS, TEXT, TIME, Schema, object_of, ref

#: What everything has in common that takes a while.
_OPERATION: Schema = {
    "state": {"type": "string", "enum": ["running", "done", "failed", "cancelled"]},
    "started": TIME,
    "seconds": {"type": ["number", "null"], "description": "how long it is to take; null where that is not known"},
    "progress": {"type": "number", "minimum": 0, "maximum": 1},
    "bytes": {"type": "integer", "description": "of its data"},
    "error": {"type": "string", "description": "why it failed"},
    "gateway": {"type": "string", "description": "the only one that has it"},
    "by": {"type": "string", "description": "who has asked for it"},
}

#: By name.
ANSWERS: Schema = {
    "BundleRequest": {
        "type": ["object", "null"],
        "description": "Of which modules: names, or a selector",
        "properties": {
            "names": {"type": ["array", "null"], "items": TEXT},
            "label-selector": {"type": ["string", "null"]},
            "field-selector": {"type": ["string", "null"]},
            "lines": {"type": "integer", "description": "newest log lines of each, 1000 unless given"},
            "since": {"type": ["string", "null"], "description": "log lines not older than that"},
            "profiles": {"type": "array", "items": TEXT, "description": "heap unless given"},
            "cpu": {"type": ["string", "null"], "description": "how long to watch the processor, 5s unless given"},
        },
        "additionalProperties": False,
    },
    "Bundle": object_of(
        {"id": TEXT, "modules": {"type": "array", "items": TEXT}, **_OPERATION}, ("id", "modules", *_OPERATION)
    ),
    "BundleList": object_of(
        {"gateway": TEXT, "items": {"type": "array", "items": ref("Bundle")}}, ("gateway", "items")
    ),
    "Samples": object_of(
        {
            "module": TEXT,
            "step": {"type": ["number", "null"], "description": "seconds between two of them"},
            "samples": {"type": "array", "maxItems": 100, "items": ref("Sample"), "description": "the oldest first"},
            "unknown": {"type": "string", "description": "why there are none"},
        },
        ("module", "step", "samples"),
    ),
    "Sample": object_of(
        {
            "time": TIME,
            "cpu": {"type": ["number", "null"], "description": "percent of one processor since the sample before"},
            "rss": {"type": ["number", "null"], "description": "bytes"},
            "loop-lag": {"type": ["number", "null"], "description": "seconds, the longest since the sample before"},
            "tasks": {"type": ["number", "null"]},
            "gc-pause": {"type": ["number", "null"], "description": "seconds since the sample before, all of them"},
        },
        ("time", "cpu", "rss", "loop-lag", "tasks", "gc-pause"),
    ),
    "AuditEntry": object_of(
        {
            "time": TIME,
            "what": {"type": "string", "description": "level, change, create, delete, debug, follow, or a request"},
            "module": TEXT,
            "who": TEXT,
            "from": TEXT,
            "gateway": TEXT,
            "result": {"type": "string", "description": "ok, refused, cancelled, or why it failed"},
            "seconds": {"type": "number"},
            "query": TEXT,
            "parameters": {"type": "object"},
            "change": {"type": "object"},
            "by": TEXT,
            "reason": TEXT,
            "logger": TEXT,
            "level-to": TEXT,
            "until": TIME,
            "count": {"type": "integer", "description": "of refusals in one second"},
            "left-out": {"type": "array", "items": TEXT, "description": "what was too long to be kept"},
        },
        ("time", "what", "who", "from", "gateway", "result"),
    ),
    "AuditList": object_of(
        {"gateway": TEXT, "items": {"type": "array", "items": ref("AuditEntry")}}, ("gateway", "items")
    ),
    "ProfileRequest": {
        "type": ["object", "null"],
        "properties": {
            "profile": {
                "type": "string",
                "description": "profile (of the processor), heap, allocs, goroutine, block, mutex, threadcreate, trace",
            },
            "parameters": {
                "anyOf": [ref("ProfileParameters"), {"type": "null"}],
                "description": "what its kind takes, such as seconds",
            },
        },
    },
    "Profile": object_of(
        {
            "id": TEXT,
            "module": TEXT,
            "profile": TEXT,
            "parameters": LABELS,
            **_OPERATION,
        },
        ("id", "module", "profile", "parameters", *_OPERATION),
    ),
    "ProfileList": object_of(
        {"gateway": TEXT, "items": {"type": "array", "items": ref("Profile")}}, ("gateway", "items")
    ),
    "Frame": object_of({"function": TEXT, "file": TEXT, "line": {"type": "integer"}}, ("function", "file", "line")),
    "Stack": object_of(
        {
            "name": {"type": "string", "description": "the first of names"},
            "names": {"type": "array", "items": TEXT, "description": "those that are at the same place"},
            "kind": {"type": "string", "enum": ["thread", "task", "goroutine"]},
            "count": {"type": "integer"},
            "state": TEXT,
            "thread": {"type": "string", "description": "that of a task's loop"},
            "waits-for": {"type": "array", "items": TEXT},
            "chain": {"type": "array", "items": TEXT, "description": "what it waits for, and what that waits for ..."},
            "age": {"type": ["number", "null"], "description": "seconds, of the oldest; null where it is not known"},
            "age-is-least": {"type": "boolean", "description": "it is older than that"},
            "created": {"type": "string", "description": "what has created it"},
            "frames": {"type": "array", "items": ref("Frame"), "description": "the innermost first"},
        },
        ("name", "names", "kind", "count", "state", "waits-for", "chain", "age", "frames"),
    ),
    "Stacks": object_of(
        {
            "module": TEXT,
            "deadlocks": {"type": "array", "items": TEXT, "description": "and event loops that do not turn"},
            "comments": {"type": "array", "items": TEXT},
            "threads": {"type": "array", "items": ref("Stack")},
            "tasks": {"type": "array", "items": ref("Stack")},
            "own": {"type": "integer", "description": "threads and tasks of the agent itself that are left out"},
        },
        ("module", "deadlocks", "comments", "threads", "tasks", "own"),
    ),
    "Counts": object_of(
        {
            "module": TEXT,
            "since": TIME,
            "step": {"type": "integer", "description": "seconds"},
            "counts": {
                "type": "array",
                "items": object_of(
                    {"time": TIME, "levels": {"type": "object", "additionalProperties": {"type": "integer"}}},
                    ("time", "levels"),
                ),
                "description": "steps without lines are left out",
            },
            "unknown": {"type": "string", "description": "what is not known, and why; empty for nothing"},
        },
        ("module", "since", "step", "counts", "unknown"),
    ),
    "LogAnswer": object_of(
        {
            "module": TEXT,
            "logs": {"type": "array", "items": LABELS},
            "remarks": {"type": "array", "items": LABELS, "description": "what the agent says of its answer"},
            "cursor": {"type": "string", "description": "where to go on, when there may be more"},
        },
        ("module", "logs", "remarks", "cursor"),
    ),
    "LogContext": object_of(
        {
            "module": TEXT,
            "logs": {"type": "array", "items": LABELS},
            "at": {
                "type": ["integer", "null"],
                "description": "which of them is meant; null: it is not there any more",
            },
        },
        ("module", "logs", "at"),
    ),
    "ScrapeTargets": {
        "type": "array",
        "items": object_of({"targets": {"type": "array", "items": TEXT}, "labels": LABELS}, ("targets", "labels")),
    },
    "ErrorKinds": object_of(
        {
            "module": TEXT,
            "since": TEXT,
            "errors": {"type": "integer", "description": "how many in all"},
            "groups": {"type": "array", "items": ref("ErrorGroup"), "description": "the most frequent first"},
            "others": {"type": "integer", "description": "errors of further kinds than are told"},
            "remarks": {"type": "array", "items": TEXT, "description": "what could not be judged, and why"},
        },
        ("module", "since", "errors", "groups", "others", "remarks"),
    ),
    "ErrorGroup": object_of(
        {
            "count": {"type": "integer"},
            "exception": TEXT,
            "frame": {"type": "string", "description": "the innermost call of the stack trace, or what wrote the line"},
            "message": {"type": "string", "description": "numbers and ids as marks"},
            "first": {"oneOf": [TIME, {"type": "null"}]},
            "last": {"oneOf": [TIME, {"type": "null"}]},
            "newest": {**LABELS, "description": "the record of the last one"},
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
            "parameters": {
                "anyOf": [ref("LogParameters"), ref("ProfileParameters"), ref("OtherParameters"), {"type": "null"}]
            },
            "service-port": {"type": ["object", "null"], "properties": {"name": {"type": ["string", "null"]}}},
        },
    },
    "DebugResponse": object_of({"diagnostics": {"description": "logs, stats, buffer (base64), string, or any value"}}),
    "WhoAmI": object_of(
        {
            "name": {"type": "string", "description": "the authenticated name, empty where no one is asked for one"},
            "role": TEXT,
            "selector": {"type": "string", "description": "labels of the Modules that the caller is limited to"},
            "queries": FLAGS,
            "may": {**FLAGS, "description": "by command"},
            "routes": {**FLAGS, "description": "by method and path"},
            "gateway": object_of(
                {"id": TEXT, "version": TEXT, "started": TIME, "modules": {"type": "integer"}},
                ("id", "version", "started", "modules"),
            ),
        },
        ("name", "role", "selector", "queries", "may", "routes", "gateway"),
    ),
    "StatusRow": object_of(
        {
            "name": TEXT,
            "node": TEXT,
            "service": TEXT,
            "category": TEXT,
            "labels": LABELS,
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
            "remarks": {"type": "array", "items": TEXT, "description": "lines that could not be judged"},
            "cpu": {"type": ["number", "null"], "description": "percent of one processor"},
            "rss": {"type": ["integer", "null"], "description": "bytes"},
            "loop-lag": {"type": ["number", "null"], "description": "seconds, the longest of the last minute"},
            "asked": {"type": ["string", "null"], "description": "when its agent was"},
        },
        ("name", "status", "reachable", "wanted", "applied", "errors", "cpu", "rss", "loop-lag", "asked"),
    ),
    "StatusList": object_of(
        {"items": {"type": "array", "items": ref("StatusRow")}, "resource-version": TEXT},
        ("items", "resource-version"),
    ),
    "Subscriptions": object_of(
        {"subscriptions": {"type": "array", "maxItems": 32, "items": ref("Subscription")}}, ("subscriptions",)
    ),
    "Subscription": object_of(
        {
            "id": {"type": "string", "maxLength": 64, "description": "stands in every line that belongs to it"},
            "kind": {"type": "string", "enum": ["audit", "logs", "profile", "statuses"]},
            "label-selector": TEXT,
            "field-selector": TEXT,
            "name": TEXT,
            "names": {"type": "array", "maxItems": 100, "items": TEXT, "description": "logs: of these Modules"},
            "parameters": {**LABELS, "description": "logs: those of the Log query"},
            "cursors": {**LABELS, "description": "logs: where to go on, by name of the Module"},
            "profile": {"type": "string", "description": "profile: its id"},
            "module": {"type": "string", "description": "audit: of this Module"},
            "who": {"type": "string", "description": "audit: by this caller"},
            "measure": {"type": "array", "maxItems": 200, "items": TEXT, "description": "statuses: rows to measure"},
        },
        ("id", "kind"),
    ),
    "Readiness": object_of({"ready": {"type": "boolean"}}, ("ready",)),
}
