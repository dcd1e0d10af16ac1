"""Each request says what bounds it, in the numbers that it is held to; the guide's table is the document's."""

from __future__ import annotations

import ast
import inspect
import re
from importlib.resources import files
from typing import Any

from corvo_agent.access.rules import ROUTES
from corvo_agent.gateway.rest import bounds, limits
from corvo_agent.gateway.rest.bounds import BOUNDS
from corvo_agent.gateway.rest.openapi import document
from corvo_agent.gateway.rest.paths import ALWAYS
from corvo_agent.modules.names import API_PATH

# The same as without the slash.
_UNDESCRIBED = {("GET", f"{API_PATH}/modules/")}
# Told above the table.
_ALWAYS = tuple(map(str, ALWAYS))


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    }


def test_every_request_has_a_bound() -> None:
    described = operations()
    assert described.keys() == BOUNDS.keys() == ROUTES.keys() - _UNDESCRIBED
    assert all(operation["x-bound"].endswith(".") for operation in described.values())


def test_no_number_of_a_bound_is_typed() -> None:
    """Whatever a text says in figures comes from the constant that the code is held to."""
    tree = ast.parse(inspect.getsource(bounds))
    # The parts of f-strings are constants of the tree, too.
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert not [text for text in texts if re.search(r"\d", text)]
    told = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert {name for name in vars(limits) if name.isupper()} <= told


def test_what_some_of_them_say() -> None:
    assert BOUNDS["POST", f"{API_PATH}/watch"].startswith("1,000 streams, 100 of one caller; 32 subscriptions")
    assert "12s" in BOUNDS["GET", f"{API_PATH}/statuses"]
    assert "64 MB in all, for 1d" in BOUNDS["GET", f"{API_PATH}/profiles"]


def row(method: str, path: str, operation: dict[str, Any]) -> str:
    role = "".join(operation["security"][0]["bearer"]) if operation["security"] else "open to all"
    codes = [code for code in sorted(operation["responses"]) if code >= "400" and code not in _ALWAYS]
    shown = path.removeprefix(f"{API_PATH}/") if path.startswith(API_PATH) else path
    return f"| {method} | `{shown}` | {role} | {operation['x-bound']} | {', '.join(codes)} |"


def test_the_table_of_the_guide_is_that_of_the_document() -> None:
    text = files("corvo_agent.guides").joinpath("reference/routes.md").read_text("utf-8")
    described = operations()
    # In the order in which the rules have them.
    expected = [row(*key, described[key]) for key in ROUTES if key in described]
    assert [line for line in text.splitlines() if re.match(r"\| [A-Z]+ \|", line)] == expected
    assert document()["info"]["description"] in text
    assert f"besides {', '.join(_ALWAYS[:-1])} and {_ALWAYS[-1]}" in text
