"""The parts that the schemas of the API are written with."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """A reference to one of ``table.SCHEMAS``."""
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(properties: Schema, required: tuple[str, ...] = (), **more: Any) -> Schema:
    """An object with these properties, of which those that are ``required`` are always there."""
    schema: Schema = {"type": "object", "properties": properties, **more}
    return {**schema, "required": list(required)} if required else schema


TEXT: Schema = {"type": "string"}
TIME: Schema = {"type": "string", "description": "RFC 3339, UTC, up to nanoseconds; empty for none"}
LABELS: Schema = {"type": "object", "additionalProperties": TEXT}
FLAGS: Schema = {"type": "object", "additionalProperties": {"type": "boolean"}}
