"""The OpenAPI 3.1 document of the REST API."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..._version import __version__
from ...access.roles import Role
from ...access.rules import QUERIES, ROUTES
from ...modules.names import API_PATH
from .bounds import BOUNDS, OF_ALL
from .examples import EXAMPLES, Example
from .paths import all_paths
from .samples import curl
from .schemas.table import SCHEMAS

_ROLES = [role.text for role in Role]

_GATEWAY = "The gateway itself"
# What a path below the API's has in it -> the group that it is in; the first one that is found counts.
_TAGS = {
    "/statuses": "The fleet",
    "/watch": "Following",
    "/level": "Levels and changes",
    "/history": "Levels and changes",
    "/audit": "Levels and changes",
    "/logs": "Logs",
    "/errors": "Logs",
    "/counts": "Logs",
    "/stacks": "Stacks and profiles",
    "/profiles": "Stacks and profiles",
    "/Debug": "Any query of an agent",
    "/whoami": _GATEWAY,
}


def _with_roles(paths: dict[str, Any]) -> dict[str, Any]:
    """Each operation with what bounds it and the role that it takes, by the table that requests are held against."""
    for path, methods in paths.items():
        for method, operation in methods.items():
            if method == "parameters":
                continue
            role = ROUTES[method.upper(), path]
            operation["x-bound"] = BOUNDS[method.upper(), path]
            operation["security"] = [] if role is None else [{"bearer": [role.text]}]
            if role is None:
                for code in ("401", "403"):
                    operation["responses"].pop(code, None)
            elif path.endswith("/Debug"):
                queries = ", ".join(f"{' '.join(filter(None, key))}: {least.text}" for key, least in QUERIES.items())
                operation["description"] = f"The role that a query takes (*: any other): {queries}."
    return paths


def _with_examples(paths: dict[str, Any]) -> dict[str, Any]:
    """Each operation with what it belongs to, and with its examples: bodies, answers, and curl's command line."""
    for path, methods in paths.items():
        for method, operation in methods.items():
            if method == "parameters":
                continue
            operation["tags"] = [_tag(path)]
            examples = EXAMPLES.get((method.upper(), path), {})
            bodies = {label: {"value": each.body} for label, each in examples.items() if each.body is not None}
            answers = {label: {"value": each.answer} for label, each in examples.items()}
            done = operation["responses"].get("200") or operation["responses"].get("202")
            for content, shown in ((operation.get("requestBody"), bodies), (done, answers)):
                if content and shown:
                    next(iter(content["content"].values()))["examples"] = shown
            open_to_all = not operation["security"]
            operation["x-codeSamples"] = [
                {"lang": "Shell", "label": label, "source": curl(method.upper(), path, each, open_to_all=open_to_all)}
                for label, each in (examples or {"": Example()}).items()
            ]
    return paths


def _tag(path: str) -> str:
    """The group of an operation, by what its path says."""
    for part, tag in _TAGS.items():
        if part in path.removeprefix(API_PATH):
            return tag
    return "Modules" if path.startswith(API_PATH) else _GATEWAY


@cache
def document() -> dict[str, Any]:
    """The whole document; not to be changed."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Corvo diagnostics", "version": __version__, "description": f"Of every request: {OF_ALL}"},
        "tags": [{"name": name} for name in dict.fromkeys(("Modules", *_TAGS.values()))],
        "paths": _with_examples(_with_roles(all_paths())),
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"A token. Each role may what those before it may: {', '.join(_ROLES)}.",
                }
            },
        },
    }
