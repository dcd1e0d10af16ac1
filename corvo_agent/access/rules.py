"""The one table of what each role may: requests of REST, methods of gRPC, Debug queries, commands.

REST and gRPC ask it, the OpenAPI document shows it. What it does not name nobody may.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..modules.names import API_PATH
from .roles import Role

VIEWER, READER, OPERATOR, ADMIN = Role

_MODULES = f"{API_PATH}/modules"
_ONE = f"{_MODULES}/{{name}}"
_WATCH = f"{API_PATH}/watch/modules"

#: (method, path as it is routed) -> the role that it takes; None: no token is asked for. Where it takes a Debug query,
#: the role is the least that any query takes, and that of the query comes on top.
ROUTES: Mapping[tuple[str, str], Role | None] = {
    ("GET", "/healthz"): None,
    ("GET", "/readyz"): None,
    ("GET", "/docs"): None,
    ("GET", "/docs/style.css"): None,
    ("GET", "/docs/guide"): None,
    ("GET", "/docs/guide/{name}"): None,
    ("GET", "/openapi.json"): None,
    ("GET", "/"): None,
    ("GET", "/ui/{folder}/{file}"): None,
    ("GET", "/metrics"): VIEWER,
    ("GET", "/metrics/modules"): VIEWER,
    ("GET", "/metrics/targets"): VIEWER,
    ("GET", _MODULES): VIEWER,
    ("POST", _MODULES): ADMIN,
    ("GET", f"{_MODULES}/"): VIEWER,
    ("GET", _ONE): VIEWER,
    ("PUT", _ONE): OPERATOR,
    ("PATCH", _ONE): OPERATOR,
    ("DELETE", _ONE): ADMIN,
    ("POST", f"{_ONE}/label"): OPERATOR,
    ("GET", f"{_ONE}/level"): VIEWER,
    ("PUT", f"{_ONE}/level"): OPERATOR,
    ("GET", f"{_ONE}/errors"): READER,
    ("GET", f"{_ONE}/stacks"): READER,
    ("GET", f"{_ONE}/counts"): VIEWER,
    ("GET", f"{_ONE}/logs"): READER,
    ("GET", f"{_ONE}/logs/context"): READER,
    ("GET", f"{_ONE}/history"): VIEWER,
    ("GET", f"{_ONE}/samples"): VIEWER,
    # The least that any profile takes; that of its kind comes on top, also for who looks at it.
    ("POST", f"{_ONE}/profiles"): READER,
    ("GET", f"{API_PATH}/audit"): OPERATOR,
    ("POST", f"{API_PATH}/bundles"): OPERATOR,
    ("GET", f"{API_PATH}/bundles"): OPERATOR,
    ("GET", f"{API_PATH}/bundles/{{id}}"): OPERATOR,
    ("GET", f"{API_PATH}/bundles/{{id}}/data"): OPERATOR,
    ("DELETE", f"{API_PATH}/bundles/{{id}}"): OPERATOR,
    ("GET", f"{API_PATH}/profiles"): READER,
    ("GET", f"{API_PATH}/profiles/{{id}}"): READER,
    ("GET", f"{API_PATH}/profiles/{{id}}/data"): READER,
    ("DELETE", f"{API_PATH}/profiles/{{id}}"): READER,
    ("POST", f"{_ONE}/Debug"): VIEWER,
    ("POST", f"{API_PATH}/Debug"): VIEWER,
    ("GET", f"{API_PATH}/whoami"): VIEWER,
    ("GET", f"{API_PATH}/statuses"): VIEWER,
    # Each subscription takes a role of its own on top.
    ("POST", f"{API_PATH}/watch"): VIEWER,
    ("GET", _WATCH): VIEWER,
    ("GET", f"{_WATCH}/{{name}}/logs"): READER,
}

#: Kind of a subscription of POST watch -> the role that it takes.
SUBSCRIPTIONS: Mapping[str, Role] = {
    "statuses": VIEWER,
    "logs": READER,
    # That of its kind comes on top.
    "profile": READER,
    "audit": OPERATOR,
}

#: Method of diagnostics.DiagnosticsV1 -> the role that it takes; for Debug as above.
RPCS: Mapping[str, Role] = {
    "AutoGetModule": VIEWER,
    "AutoListModule": VIEWER,
    "AutoWatchModule": VIEWER,
    "AutoWatchSvcDiagnosticsV1": VIEWER,
    "AutoAddModule": ADMIN,
    "AutoUpdateModule": OPERATOR,
    "AutoLabelModule": OPERATOR,
    "AutoDeleteModule": ADMIN,
    "Debug": VIEWER,
}

#: (query, the parameter that tells more of it) -> the role. "" stands for all other values, "*" for all other queries.
QUERIES: Mapping[tuple[str, str], Role] = {
    ("Stats", ""): VIEWER,
    ("Stats", "action=clear"): OPERATOR,
    ("Log", ""): READER,
    ("Profile", "profile=goroutine"): READER,
    ("Profile", ""): OPERATOR,
    ("Action", ""): ADMIN,
    # What a service has registered itself may do anything.
    ("*", ""): ADMIN,
}

#: What any query of a smart NIC takes: its proxy runs the command that a parameter names, whatever the query is.
NIC_QUERY = ADMIN

#: Command -> the role that it takes by way of a gateway.
COMMANDS: Mapping[str, Role] = {
    "modules list": VIEWER,
    "modules get": VIEWER,
    "modules watch": VIEWER,
    "ls": VIEWER,
    "history": VIEWER,
    "stats": VIEWER,
    "logs": READER,
    "errors": READER,
    "stacks": READER,
    "level": OPERATOR,
    "modules edit": OPERATOR,
    "modules label": OPERATOR,
    "profile": OPERATOR,
    "blocked": OPERATOR,
    "memory": OPERATOR,
    "top": OPERATOR,
    "bundle": OPERATOR,
    "modules create": ADMIN,
    "modules delete": ADMIN,
    "action": ADMIN,
}

_TELLING = {"stats": "action", "profile": "profile"}
_KNOWN = {(query.casefold(), more): role for (query, more), role in QUERIES.items()}


def role_of_query(query: str, parameters: Mapping[str, str]) -> Role:
    """The role that a Debug query takes.

    Agents differ in how they read names and spaces; where two readings are possible the higher role is taken.
    """
    name = query.strip().casefold()
    if (name, "") not in _KNOWN:
        return _KNOWN["*", ""]
    plain = _KNOWN[name, ""]
    if name not in _TELLING:
        return plain
    key = _TELLING[name]
    told = {value.strip().casefold() for each, value in parameters.items() if each.strip().casefold() == key}
    roles = [_KNOWN.get((name, f"{key}={value}"), plain) for value in told]
    return max(roles, default=plain)
