"""JSON Schemas as people read them: a table of members for each, and types as words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any


def schema_parts(schemas: Mapping[str, Any]) -> Iterator[str]:
    """Each of the named schemas as HTML, under the anchor ``body-NAME``."""
    for name, schema in schemas.items():
        about = f"<p>{escape(schema['description'])}.</p>" if "description" in schema else ""
        yield f'<h3 id="body-{escape(name)}">{escape(name)}</h3>{about}{_members(schema)}'


def _members(schema: Mapping[str, Any]) -> str:
    if "properties" not in schema:
        return ""
    required = schema.get("required", ())
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{type_text(member)}</td>"
        f"<td>{escape(member.get('description', ''))}{'' if name not in required else _always(member)}</td></tr>"
        for name, member in _flat(schema["properties"])
    )
    head = "<tr><th>Member</th><th>Type</th><th>Meaning</th></tr>"
    return f'<div class="table"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'


def _always(member: Mapping[str, Any]) -> str:
    return "; always there" if member.get("description") else "always there"


def _flat(properties: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Members, and those of objects that have no name of their own behind a dot."""
    for name, member in properties.items():
        yield before + name, member
        yield from _flat(member.get("properties", {}), f"{before}{name}.")


def type_text(schema: Mapping[str, Any]) -> str:
    """The type in words, as HTML; what has a name leads to its table."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#body-{name}">{name}</a>'
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(value)) or '&quot;&quot;'}</code>" for value in schema["enum"])
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return " or ".join(type_text(each) for each in schema[several])
    kind = schema.get("type", "any value")
    kinds = [kind] if isinstance(kind, str) else kind
    return " or ".join(_one(each, schema) for each in kinds)


def _one(kind: str, schema: Mapping[str, Any]) -> str:
    if kind == "array":
        return f"list of {type_text(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {type_text(schema['additionalProperties'])}"
    return escape(kind)
