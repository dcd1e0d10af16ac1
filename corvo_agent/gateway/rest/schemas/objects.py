"""Modules, their levels and their history as JSON Schema."""

from __future__ import annotations

from ....modules.history.entry import CHANGES
from .schema import LABELS, TEXT, TIME, Schema, object_of, ref

_LEVEL: Schema = {"type": "string", "description": "info, warn, error or debug, in any case"}
_NULLABLE_ITEMS: Schema = {"oneOf": [{"type": "array", "items": ref("Module")}, {"type": "null"}]}

#: By name.
OBJECTS: Schema = {
    "ObjectMeta": object_of(
        {
            "name": TEXT,
            "generation-id": TEXT,
            "resource-version": TEXT,
            "uuid": TEXT,
            "labels": LABELS,
            "creation-time": TIME,
            "mod-time": TIME,
            "self-link": TEXT,
        },
        ("name", "generation-id", "creation-time", "mod-time"),
    ),
    "LevelControl": object_of(
        {
            "id": TEXT,
            "revision": TEXT,
            "level": TEXT,
            "until": TIME,
            "logger": {"type": "string", "description": "nothing for the whole process"},
            "scope": {"type": "string", "description": "app, all, or names of loggers with commas between them"},
            "by": TEXT,
            "reason": TEXT,
        },
        ("id", "revision", "level"),
    ),
    "AppliedLevel": object_of(
        {
            "level": TEXT,
            "source": {"type": "string", "description": "override, log-level or default"},
            "since": TIME,
            "until": TIME,
            "by": TEXT,
            "reason": TEXT,
            "loggers": LABELS,
            "logger-ends": {"type": "object", "additionalProperties": TIME},
            "wanted": {"type": "string", "description": "what is not in force yet"},
            "fault": {"type": "string", "description": "what keeps it from being in force"},
            "only-shown": {"type": "boolean", "description": "the level only chooses which lines are shown"},
        },
        ("level",),
    ),
    "WantedLevel": object_of(
        {
            "level": TEXT,
            "source": TEXT,
            "until": {"type": ["string", "null"]},
            "by": TEXT,
            "reason": TEXT,
            "scope": TEXT,
            "then": {"type": "string", "description": "what follows when the override ends"},
            "loggers": LABELS,
            "logger-ends": {"type": "object", "additionalProperties": TIME},
            "enable-trace": {"type": "boolean"},
            "invalid": {"type": "string", "description": "why it is not known"},
        }
    ),
    "ModuleLevel": object_of(
        {
            "name": TEXT,
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
    "HistoryEntry": object_of(
        {
            "time": {**TIME, "description": "when it was changed; of what was seen, when it was seen"},
            "module": TEXT,
            "what": {"type": "string", "enum": list(CHANGES)},
            "who": {"type": "string", "description": "the authenticated name; nothing where the store was written to"},
            "from": {"type": "string", "description": "the address of the caller"},
            "by": {"type": "string", "description": "the name that the change gave itself"},
            "logger": {"type": "string", "description": "nothing for the whole process"},
            "level-from": TEXT,
            "level-to": TEXT,
            "until": TIME,
            "reason": TEXT,
            "change": {"type": "object", "description": "of spec or labels: a JSON merge patch"},
            "gateway": {"type": "string", "description": "the id of the gateway that it was changed through"},
            "seen": {"type": "boolean", "description": "found in the store by an agent or a gateway that watches"},
            "revision": TEXT,
            "since": TEXT,
        },
        ("time", "module", "what"),
    ),
    "History": object_of({"items": {"type": "array", "items": ref("HistoryEntry")}}, ("items",)),
    "ModuleSpec": object_of(
        {
            "log-level": _LEVEL,
            "enable-trace": {"type": "boolean"},
            "args": {"type": "array", "items": TEXT},
        }
    ),
    "ServicePort": object_of({"name": TEXT, "port": {"type": "integer", "format": "int32"}}),
    "ModuleStatus": object_of(
        {
            "node": TEXT,
            "module": TEXT,
            "category": TEXT,
            "last-start": TIME,
            "restart-count": {"type": "integer", "format": "int32"},
            "last-restart-reason": TEXT,
            "service": TEXT,
            "service-ports": {"type": "array", "items": ref("ServicePort")},
            "mac-address": TEXT,
        }
    ),
    "Module": object_of(
        {
            "kind": TEXT,
            "api-version": TEXT,
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
                    "labels": {"oneOf": [LABELS, {"type": "null"}]},
                    "resource-version": {"type": ["string", "null"]},
                },
            },
            "spec": {"oneOf": [ref("ModuleSpec"), {"type": "null"}]},
        },
    },
    "ModulePatch": {"type": ["object", "null"], "description": "A JSON merge patch (RFC 7396) of a Module"},
    "ModuleList": object_of(
        {
            "kind": TEXT,
            "api-version": TEXT,
            "list-meta": object_of({"total-count": {"type": "integer"}}),
            "items": _NULLABLE_ITEMS,
        },
        ("kind", "list-meta", "items"),
    ),
    "Label": {
        "type": ["object", "null"],
        "properties": {"labels": {"oneOf": [LABELS, {"type": "null"}]}},
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
    "Status": object_of(
        {
            "kind": TEXT,
            "result": object_of({"Str": TEXT}),
            "message": {"type": "array", "items": TEXT},
            "code": {"type": "integer"},
            "object-ref": object_of({"kind": TEXT, "name": TEXT}),
        },
        ("kind", "result", "message", "code"),
    ),
}
