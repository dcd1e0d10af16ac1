"""The page of the API has all that the document has."""

from __future__ import annotations

import re
from html import escape, unescape

from corvo_agent.gateway.rest.api_page import api_page
from corvo_agent.gateway.rest.openapi import document

PATHS = document()["paths"]
OPERATIONS = [(method, path, each) for path, methods in PATHS.items() for method, each in methods.items()]


def section(method: str, path: str) -> str:
    """What the page says of one operation, without its tags."""
    parts = api_page().split('<div class="operation">')[1:]
    (found,) = (part for part in parts if f">{method.upper()}</span><code>{escape(path)}</code></h3>" in part)
    return unescape(re.sub("<[^>]+>", "", found))


def test_each_operation_is_there_with_parameters_bodies_answers_role_bound_errors_and_examples() -> None:
    for method, path, operation in OPERATIONS:
        if method == "parameters":
            continue
        text = section(method, path)
        assert operation["summary"] in text
        role = "".join(operation["security"][0]["bearer"]) if operation["security"] else ""
        assert (f"Role: {role}" if role else "Open to all") in text
        assert f"Bound: {operation['x-bound']}" in text
        for parameter in (*PATHS[path].get("parameters", ()), *operation.get("parameters", ())):
            assert parameter["name"] in text
            assert parameter["description"] in text
        for code in operation["responses"]:
            assert code in text
        for sample in operation["x-codeSamples"]:
            assert f"$ {sample['source']}" in text


def test_each_body_is_there_with_its_members() -> None:
    page = api_page()
    for name, schema in document()["components"]["schemas"].items():
        assert f'id="body-{name}"' in page
        for member in schema.get("properties", {}):
            assert f"<code>{member}</code>" in page


def test_whatever_a_document_says_is_text() -> None:
    assert "<script" not in api_page()
    # The placeholders of a text, and those of a body in quotes.
    assert "&#x27;{&quot;level&quot;:&quot;Debug&quot;" in api_page()
