"""The OpenAPI document as a page: no script, and nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from itertools import groupby
from typing import Any

import orjson

from ...guides.html import Links, document, guide_navigation
from .openapi import document as api_document
from .paths import ALWAYS
from .schema_page import schema_parts, type_text
from .schemas.schema import ref

# They are told once.
_ALWAYS = tuple(map(str, ALWAYS))
_WORDS = re.compile(r"[^a-zA-Z0-9]+")


@cache
def api_page() -> str:
    """The page at ``/docs``: every operation with its parameters, bodies, answers, role, bound, errors and examples."""
    described = api_document()
    grouped = _by_tag(described)
    parts = [f"<section><h1>REST API</h1>{_introduction(described)}</section>"]
    for tag, operations in grouped:
        parts.append(f'<section><h2 id="{_anchor(tag)}">{escape(tag)}</h2>')
        parts += [_operation(method, path, operation, shared) for method, path, operation, shared in operations]
        parts.append("</section>")
    parts.append('<section><h2 id="bodies">Bodies</h2>')
    parts += schema_parts(described["components"]["schemas"])
    parts.append("</section>")
    return document("REST API", "".join(parts), _navigation(grouped), "docs/")


_Operation = tuple[str, str, dict[str, Any], list[dict[str, Any]]]


def _by_tag(described: Mapping[str, Any]) -> list[tuple[str, list[_Operation]]]:
    found: list[_Operation] = [
        (method, path, operation, methods.get("parameters", []))
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    ]
    order = [tag["name"] for tag in described["tags"]]
    found.sort(key=lambda each: order.index(each[2]["tags"][0]))
    return [(tag, list(those)) for tag, those in groupby(found, key=lambda each: each[2]["tags"][0])]


def _navigation(grouped: list[tuple[str, list[_Operation]]]) -> list[Links]:
    top = guide_navigation("docs/", "api")[0]
    entries = [
        (tag, [(f"#{_anchor(each[0], each[1])}", each[2]["summary"].partition(";")[0], False) for each in operations])
        for tag, operations in grouped
    ]
    return [top, *entries, ("Bodies", [("#bodies", "All of them", False)])]


def _introduction(described: Mapping[str, Any]) -> str:
    bearer = described["components"]["securitySchemes"]["bearer"]["description"].removeprefix("A token. ")
    operations = [operation for methods in described["paths"].values() for operation in methods.values()]
    texts: dict[str, str] = {}
    for operation in operations:
        if isinstance(operation, dict):
            texts |= {code: text["description"] for code, text in operation["responses"].items() if code >= "400"}
    rows = "".join(
        f'<dt id="error-{code}"><code>{code}</code></dt><dd>{escape(text)}</dd>' for code, text in sorted(texts.items())
    )
    return (
        f"<p>Version {escape(described['info']['version'])}. For programs: "
        '<a href="openapi.json">openapi.json</a>. In the examples <code>$GATEWAY</code> is the address of this '
        "gateway, such as <code>http://127.0.0.1:9000</code>.</p>"
        f"<p>Callers show a token in the header <code>Authorization: Bearer TOKEN</code>. {escape(bearer)} "
        "A gateway that was started without tokens takes none. "
        '<a href="docs/guide/security">Security and tokens</a> tells more.</p>'
        f"<p>{escape(described['info']['description'])}</p>"
        f'<h2 id="errors">Errors</h2><p>Their body is a <a href="#body-Status">Status</a>.</p><dl>{rows}</dl>'
    )


def _operation(method: str, path: str, operation: dict[str, Any], shared: list[dict[str, Any]]) -> str:
    anchor = _anchor(method, path)
    role = "".join(operation["security"][0]["bearer"]) if operation["security"] else ""
    parts = [
        f'<div class="operation"><h3 id="{anchor}"><span class="method {method}">{method.upper()}</span>'
        f"<code>{escape(path)}</code></h3><p>{escape(operation['summary'])}.",
        f" {escape(operation['description'])}" if "description" in operation else "",
        f'</p><p class="quiet">{f"Role: {role}" if role else "Open to all"}. Bound: {escape(operation["x-bound"])}</p>',
        _parameters([*shared, *operation.get("parameters", ())]),
        *_body(operation),
        *_answers(operation["responses"]),
        _examples(operation),
        "</div>",
    ]
    return "".join(parts)


def _parameters(parameters: list[dict[str, Any]]) -> str:
    if not parameters:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(each['name'])}</code></td><td>{each['in']}</td><td>{type_text(each['schema'])}</td>"
        f"<td>{escape(each['description'])}</td></tr>"
        for each in parameters
    )
    head = "<tr><th>Parameter</th><th>In</th><th>Type</th><th>Meaning</th></tr>"
    return f'<div class="table"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'


def _body(operation: dict[str, Any]) -> Iterator[str]:
    if "requestBody" in operation:
        for media, content in operation["requestBody"]["content"].items():
            yield f"<p>Body: {type_text(content['schema'])} <span class=quiet>{escape(media)}</span></p>"


def _answers(responses: dict[str, Any]) -> Iterator[str]:
    """The answers that are none of the errors, and the codes of those."""
    failed = []
    for code, response in sorted(responses.items()):
        contents = response.get("content", {})
        if code >= "400" and all(each.get("schema") == ref("Status") for each in contents.values()):
            failed.append(code)
            continue
        kinds = [
            f"{type_text(each['schema']) if 'schema' in each else ''} <span class=quiet>{escape(media)}</span>"
            for media, each in contents.items()
        ]
        headers = "".join(f", header <code>{escape(name)}</code>" for name in response.get("headers", ()))
        yield f"<p>Answer <code>{code}</code>: {' or '.join(kinds) or escape(response['description'])}{headers}</p>"
    if failed:
        own = [code for code in failed if code not in _ALWAYS] + [code for code in failed if code in _ALWAYS]
        yield "<p>Errors: " + " ".join(f'<a href="#error-{code}"><code>{code}</code></a>' for code in own) + "</p>"


def _examples(operation: dict[str, Any]) -> str:
    contents = [each for answer in operation["responses"].values() for each in answer.get("content", {}).values()]
    answers = {label: each for content in contents for label, each in content.get("examples", {}).items()}
    parts = []
    for sample in operation["x-codeSamples"]:
        label = sample["label"]
        told = answers.get(label, {}).get("value")
        shown = "" if told is None else f"\n{told if isinstance(told, str) else _json(told)}"
        title = f"Example: {label}" if label else "Example"
        is_open = " open" if sample is operation["x-codeSamples"][0] else ""
        code = escape(f"$ {sample['source']}{shown}".rstrip("\n"))
        parts.append(f"<details{is_open}><summary>{escape(title)}</summary><pre><code>{code}</code></pre></details>")
    return "".join(parts)


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _anchor(*words: str) -> str:
    return "-".join(part.lower() for word in words for part in _WORDS.split(word) if part)
