"""The paths of the REST API: what each takes and answers, as OpenAPI writes it."""

from __future__ import annotations

from typing import Any

from ...logs.search.parameters import MAX_CONTEXT
from ...modules.names import API_PATH
from ...modules.vanished import DELETION_NOTE
from .schemas.queries import LOG_PARAMETERS
from .schemas.schema import ref

_JSON = "application/json"
_PLAIN = "text/plain"
_NDJSON = "application/x-ndjson"


_STATUS = {
    400: "the request is wrong, and the message says where",
    401: "no token, or one that is unknown, expired or revoked",
    403: "the role of the token, or the page that sent this, may not do that",
    404: "there is no such Module",
    405: "the path knows no such method",
    409: "it exists already, or its state forbids it; the message says which",
    421: "the gateway asks for no token, and the name in the header Host is not known to be its own",
    412: "the object was changed by another client, or the store did not take it",
    429: "as many as may be are under way",
    500: "what the agent or the store holds cannot be shown",
    503: "the store or the agent cannot be reached",
    504: "the agent did not answer in time",
}

#: What every operation may answer: 400 comes of any header that cannot be read.
ALWAYS = (400, 401, 403, 421)


def _parameter(name: str, where: str, text: str, **schema: Any) -> dict[str, Any]:
    found = {"name": name, "in": where, "description": text, "schema": schema or {"type": "string"}}
    return {**found, "required": True} if where == "path" else found


_NAME = _parameter("name", "path", "The Module's name", type="string", minLength=1)
_CONSISTENT = _parameter("consistent", "query", "Read from the store itself", type="boolean")
_REVISION = _parameter("min-revision", "query", "Wait until this revision is known here", type="integer", minimum=0)
_VERSION = _parameter("O.resource-version", "query", "A version that was seen", type="string", pattern="^[0-9]{1,18}$")
_SELECTORS = [
    _parameter("label-selector", "query", "As in Kubernetes; != and notin need the key to be there"),
    _parameter("field-selector", "query", "Conditions on fields, such as spec.log-level=Debug"),
]
_BOOKMARKS = _parameter(
    "bookmarks",
    "query",
    "After 15 s without an event, one of type Bookmark: everything up to its version was told; staleness is in seconds",
    type="boolean",
)
_INTEGER = {"type": "integer", "format": "int32"}
_PAGES = [
    _parameter("from", "query", "The first item, from 1 on", **_INTEGER),
    _parameter("max-results", "query", "Items on the page", **_INTEGER),
    _parameter("sort-order", "query", "by-name, by-version, by-creation-time, by-mod-time, each also with -reverse"),
]
_NAMES = _parameter("name", "query", "Only these Modules", type="array", items={"type": "string"})
_MEASURE = _parameter("measure", "query", "Ask the agents for errors, cpu, rss and loop lag", type="boolean")
_LOG = [_parameter(name, "query", text) for name, text in LOG_PARAMETERS.items()]
_STEP = _parameter("step", "query", "Seconds of one step, 60 unless told", type="integer", minimum=1, maximum=86400)
_CONTEXT = [
    _parameter("cursor", "query", "A place that an answer or a stream has told"),
    _parameter("time", "query", "Instead of a cursor: the time of the line, RFC 3339"),
    _parameter("fixed", "query", "A text in the line, where several have that time"),
    _parameter("before", "query", "Lines before it, 20 unless told", type="integer", minimum=0, maximum=MAX_CONTEXT),
    _parameter("after", "query", "Lines behind it, 20 unless told", type="integer", minimum=0, maximum=MAX_CONTEXT),
]
_HAS = [
    _parameter("If-None-Match", "header", "Tags of what the caller has: 304 when it is one of them, 412 for a write"),
    _parameter("If-Match", "header", "Tags of which the object has to have one, or *: 412 when it has none of them"),
]
_TIMEOUT = _parameter("timeout", "query", "How long to wait for an agent, such as 5s")
_SINCE = _parameter("since", "query", "A duration back from now, such as 10m, which is the default, or a time")
_MANY = [
    _parameter("concurrency", "query", "Agents asked at the same time", **_INTEGER),
    _parameter("merge", "query", "Merge logs by time", type="string", enum=["", "time"]),
]
_WORKER = _parameter("worker", "query", "Which process of the Module, by its id or pid:NUMBER")
_STACKS = [
    _parameter("all", "query", "Also the agent's own threads and tasks", type="boolean"),
    _parameter("text", "query", "As text/plain, for people", type="boolean"),
    _parameter("frames", "query", "Of the text: frames of each stack, 30 unless given", type="integer", minimum=1),
    _WORKER,
]


def _body(schema: str) -> dict[str, Any]:
    return {"content": {_JSON: {"schema": ref(schema)}}}


def _operation(
    summary: str, answer: str, codes: tuple[int, ...], *, parameters: Any = (), body: str = "", media: str = _JSON
) -> dict[str, Any]:
    content = {media: {"schema": ref(answer)}} if answer else {media: {}}
    responses: dict[str, Any] = {"200": {"description": "done", "content": content}}
    for code in (*codes, *ALWAYS):
        responses[str(code)] = {"description": _STATUS[code], "content": {_JSON: {"schema": ref("Status")}}}
    operation: dict[str, Any] = {"summary": summary, "parameters": list(parameters), "responses": responses}
    if body:
        operation["requestBody"] = _body(body)
    return operation


def _conditional(operation: dict[str, Any]) -> dict[str, Any]:
    """A GET whose answer has a tag, and is left out for who has it."""
    answers = operation["responses"]
    answers["200"]["headers"] = {"ETag": {"description": "The tag of what is shown", "schema": {"type": "string"}}}
    answers["304"] = {"description": "the caller has it already"}
    answers["412"] = {"description": _STATUS[412], "content": {_JSON: {"schema": ref("Status")}}}
    operation["parameters"] += _HAS
    return operation


_READ, _WRITE, _DEBUG = (404, 500, 503), (404, 409, 412, 500, 503), (409, 412, 500, 503, 504)


def all_paths() -> dict[str, Any]:
    """Every path of the API with its operations, without roles and examples."""
    return {**_object_paths(), **_fleet_paths(), **_log_paths(), **_debug_paths(), **_profile_paths(), **_own_paths()}


def _object_paths() -> dict[str, Any]:
    one = f"{API_PATH}/modules/{{name}}"
    return {
        f"{API_PATH}/modules": {
            "get": _conditional(
                _operation(
                    "List Modules",
                    "ModuleList",
                    (503,),
                    parameters=[*_SELECTORS, *_PAGES, _VERSION, _CONSISTENT, _REVISION],
                )
            ),
            "post": _operation("Create a Module", "Module", (409, 412, 503), body="ModuleInput"),
        },
        one: {
            "parameters": [_NAME],
            "get": _conditional(_operation("Get a Module", "Module", _READ, parameters=[_CONSISTENT, _REVISION])),
            "put": _operation("Replace spec and labels", "Module", _WRITE, parameters=_HAS, body="ModuleInput"),
            "patch": _operation(
                "Change some of spec and labels", "Module", _WRITE, parameters=_HAS, body="ModulePatch"
            ),
            "delete": _operation(f"Delete a Module; {DELETION_NOTE}", "Module", _WRITE, parameters=[_VERSION, *_HAS]),
        },
        f"{one}/label": {
            "parameters": [_NAME],
            "post": _operation("Replace the labels", "Module", _WRITE, parameters=_HAS, body="Label"),
        },
        f"{one}/level": {
            "parameters": [_NAME],
            "get": _operation(
                "The level that is wanted, and the one that is applied",
                "ModuleLevel",
                _READ,
                parameters=[_CONSISTENT, _REVISION],
            ),
            "put": _operation(
                "Set a level for a time, for good, or end it", "Module", _WRITE, parameters=_HAS, body="LevelChange"
            ),
        },
        f"{one}/history": {
            "parameters": [_NAME],
            "get": _operation("The last 50 changes, newest first; a week longer than the Module", "History", _READ),
        },
    }


def _log_paths() -> dict[str, Any]:
    return {
        f"{API_PATH}/modules/{{name}}/Debug": {
            "parameters": [_NAME],
            "post": _operation(
                "Ask the agent of a Module", "DebugResponse", _DEBUG, parameters=[_TIMEOUT], body="DebugRequest"
            ),
        },
        f"{API_PATH}/modules/{{name}}/samples": {
            "parameters": [_NAME],
            "get": _operation("Fifteen minutes in numbers, kept by the agent", "Samples", _DEBUG, parameters=[_WORKER]),
        },
        f"{API_PATH}/modules/{{name}}/stacks": {
            "parameters": [_NAME],
            "get": _operation("What each thread and task does", "Stacks", _DEBUG, parameters=_STACKS),
        },
        f"{API_PATH}/modules/{{name}}/errors": {
            "parameters": [_NAME],
            "get": _operation("The errors of a log, counted by kind", "ErrorKinds", _DEBUG, parameters=[_SINCE]),
        },
        f"{API_PATH}/modules/{{name}}/counts": {
            "parameters": [_NAME],
            "get": _operation("Lines of a log by severity and time", "Counts", _DEBUG, parameters=[_SINCE, _STEP]),
        },
        f"{API_PATH}/modules/{{name}}/logs": {
            "parameters": [_NAME],
            "get": _operation(
                "Lines of the log of a Module; the parameters are those of the query Log",
                "LogAnswer",
                _DEBUG,
                parameters=_LOG,
            ),
        },
        f"{API_PATH}/modules/{{name}}/logs/context": {
            "parameters": [_NAME],
            "get": _operation("Lines around one, whatever their level", "LogContext", _DEBUG, parameters=_CONTEXT),
        },
    }


def _debug_paths() -> dict[str, Any]:
    return {
        f"{API_PATH}/Debug": {
            "post": _operation(
                "Ask many agents; each answers on a line",
                "",
                (412, 503),
                parameters=[*_SELECTORS, *_MANY, _TIMEOUT],
                body="DebugRequest",
                media=_NDJSON,
            )
        },
        f"{API_PATH}/watch": {
            "post": _operation(
                "Everything that one client looks at as one stream, a line of JSON each",
                "",
                (412, 429, 503),
                body="Subscriptions",
                media=_NDJSON,
            )
        },
        f"{API_PATH}/watch/modules": {
            "get": _operation(
                "Follow changes, a batch a line", "", (412, 503), parameters=[*_SELECTORS, _VERSION, _BOOKMARKS]
            )
        },
        f"{API_PATH}/watch/modules/{{name}}/logs": {
            "parameters": [_NAME],
            "get": _operation("Follow the log of a Module, a record a line", "", _DEBUG, media=_NDJSON),
        },
    }


def _fleet_paths() -> dict[str, Any]:
    return {
        f"{API_PATH}/whoami": {
            "get": _operation("Who asks, what that caller may do, and which gateway this is", "WhoAmI", (503,))
        },
        f"{API_PATH}/audit": {
            "get": _operation(
                "The last 1,000 of what callers have done at this gateway, newest first",
                "AuditList",
                (),
                parameters=[
                    _parameter("since", "query", "A time (RFC 3339), or how long ago, such as 10m"),
                    _parameter("module", "query", "Of this Module only"),
                    _parameter("who", "query", "By this caller only"),
                ],
            )
        },
        f"{API_PATH}/statuses": {
            "get": _operation(
                "Modules at a glance; measured columns are null unless they are asked for",
                "StatusList",
                (503,),
                parameters=[*_SELECTORS, *_PAGES, _NAMES, _MEASURE],
            )
        },
    }


def _profile_paths() -> dict[str, Any]:
    bundles = _operation_paths("bundles", "Bundle")
    bundles[f"{API_PATH}/bundles"]["post"] = _begun(
        _operation("Collect a support bundle", "Bundle", (404, 412, 429, 503), body="BundleRequest")
    )
    return {
        **bundles,
        f"{API_PATH}/modules/{{name}}/profiles": {
            "parameters": [_NAME],
            "post": _begun(_operation("Take a profile", "Profile", (404, 429, 503), body="ProfileRequest")),
        },
        **_operation_paths("profiles", "Profile"),
    }


def _operation_paths(path: str, schema: str) -> dict[str, Any]:
    id = _parameter("id", "path", "As it was told when it began", type="string", minLength=1)
    one = f"{API_PATH}/{path}/{{id}}"
    return {
        f"{API_PATH}/{path}": {"get": _operation(f"The {path} that this gateway has", f"{schema}List", ())},
        one: {
            "parameters": [id],
            "get": _operation("How far it is", schema, (404,)),
            "delete": _operation("End it while it runs, forget it else", schema, (404,)),
        },
        f"{one}/data": {
            "parameters": [id],
            "get": _operation("Its data, when it is done", "", (404, 409), media="application/octet-stream"),
        },
    }


def _begun(operation: dict[str, Any]) -> dict[str, Any]:
    """A POST that is answered before it is done: with the address of what has begun."""
    answers = operation["responses"]
    location = {"Location": {"description": "Where it is", "schema": {"type": "string"}}}
    answers["202"] = {**answers.pop("200"), "description": "it has begun", "headers": location}
    if "429" in answers:
        retry = {"description": "Seconds after which to try again", "schema": {"type": "integer"}}
        answers["429"]["headers"] = {"Retry-After": retry}
    return operation


def _own_paths() -> dict[str, Any]:
    return {
        "/healthz": {
            "get": {"summary": "It runs", "responses": {"200": {"description": "ok", "content": {_PLAIN: {}}}}}
        },
        "/readyz": {
            "get": {
                "summary": "It knows the Modules well enough",
                "responses": {
                    code: {"description": text, "content": {_JSON: {"schema": ref("Readiness")}}}
                    for code, text in (("200", "ready"), ("503", "not ready"))
                },
            }
        },
        "/metrics": {"get": _operation("Numbers for Prometheus", "", (), media=_PLAIN)},
        "/metrics/modules": {
            "get": _operation("Numbers of Modules, for Prometheus", "", (412, 503), parameters=[_NAMES], media=_PLAIN)
        },
        "/metrics/targets": {"get": _operation("Modules that Prometheus discovers to scrape", "ScrapeTargets", (503,))},
        "/openapi.json": {"get": _operation("This document", "", ())},
        "/docs": {"get": _operation("This document as a page", "", (), media="text/html")},
        "/": {"get": _conditional(_operation("The console, a page for people", "", (), media="text/html"))},
        "/ui/{folder}/{file}": {
            "parameters": [
                _parameter("folder", "path", "A part of it", type="string", minLength=1),
                _parameter("file", "path", "A file of that", type="string", minLength=1),
            ],
            "get": _conditional(_operation("What the console consists of", "", (404,), media="text/javascript")),
        },
        "/docs/style.css": {"get": _operation("The style of such pages", "", (), media="text/css")},
        "/docs/guide": {"get": _operation("The guides", "", (), media="text/html")},
        "/docs/guide/{name}": {
            "parameters": [_parameter("name", "path", "The guide's name", type="string", minLength=1)],
            "get": _operation("A guide", "", (404,), media="text/html"),
        },
    }
