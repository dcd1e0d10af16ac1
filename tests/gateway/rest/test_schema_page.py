"""Schemas in words."""

from __future__ import annotations

from typing import Any

import pytest

from corvo_agent.gateway.rest.schema_page import schema_parts, type_text

TYPES: list[tuple[dict[str, Any], str]] = [
    ({"type": "string"}, "string"),
    ({"type": ["string", "null"]}, "string or null"),
    ({"$ref": "#/components/schemas/Module"}, '<a href="#body-Module">Module</a>'),
    ({"type": "array", "items": {"$ref": "#/components/schemas/A"}}, 'list of <a href="#body-A">A</a>'),
    ({"type": "object", "additionalProperties": {"type": "string"}}, "object of string"),
    ({"oneOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
    ({"type": "string", "enum": ["", "<time>"]}, "<code>&quot;&quot;</code> or <code>&lt;time&gt;</code>"),
    ({"description": "anything"}, "any value"),
]


@pytest.mark.parametrize(("schema", "text"), TYPES, ids=[text for _, text in TYPES])
def test_types(schema: dict[str, Any], text: str) -> None:
    assert type_text(schema) == text


def test_members_of_nameless_objects_stand_behind_a_dot() -> None:
    inner = {"type": "object", "properties": {"labels": {"type": "object"}}}
    schema = {"type": "object", "properties": {"meta": inner}, "required": ["meta"], "description": "A <b>"}
    (text,) = schema_parts({"Thing": schema})
    assert '<h3 id="body-Thing">Thing</h3><p>A &lt;b&gt;.</p>' in text
    assert "<code>meta.labels</code>" in text
    assert "<td>always there</td>" in text
