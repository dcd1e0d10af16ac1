"""An example of each request and its answer, for the OpenAPI document. Tests ask a gateway each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...modules.names import API_PATH


@dataclass(frozen=True, slots=True)
class Example:
    """A request: values of its parameters, and the body; and what an answer looks like (a text for a stream)."""

    answer: Any = None
    body: Any = None
    parameters: Mapping[str, str] = field(default_factory=dict)


_NAME = "node1-pen-npm"
_KEY = f"{API_PATH}/modules/{_NAME}"
_ONE = f"{API_PATH}/modules/{{name}}"
_META = {
    "name": _NAME,
    "generation-id": "3",
    "resource-version": "1207",
    "uuid": "8a3f9c52-77d1-4c08-9c55-2f6d2f1f8f10",
    "labels": {"team": "network"},
    "creation-time": "2026-11-24T03:29:58.48Z",
    "mod-time": "2026-11-24T03:30:10.127946375Z",
    "self-link": _KEY,
}
_STATUS = {
    "node": "node1",
    "module": "pen-npm",
    "category": "Venice",
    "last-start": "2026-11-24T03:29:58.48Z",
    "service-ports": [{"name": "pen-npm", "port": 9011}],
}
_MODULE = {"kind": "Module", "api-version": "v1", "meta": _META, "spec": {"log-level": "Info"}, "status": _STATUS}
_DEBUGGED = {**_MODULE, "spec": {"log-level": "Debug"}}
_CONTROL = {
    "id": "process",
    "revision": "1208",
    "level": "Debug",
    "until": "2026-11-24T03:40:10Z",
    "by": "ada@laptop",
    "reason": "slow searches",
}
_UNTIL = {key: _CONTROL[key] for key in ("level", "until", "by", "reason")}
_LOG = {"level": "error", "ts": "2026-11-24T03:31:02Z", "module": "pen-npm", "msg": "lost", "peer": "10.0.0.1"}
_LINE = '{"log":{"level":"error","ts":"2026-11-24T03:31:02Z","module":"pen-npm","msg":"lost","peer":"10.0.0.1"}}\n'

_FRAME = {"function": "npm.policy.compile", "file": "/srv/npm/policy.py", "line": 41}
_THREAD = {
    "name": "MainThread",
    "names": ["MainThread"],
    "kind": "thread",
    "count": 1,
    "state": "running",
    "waits-for": [],
    "created": "",
    "thread": "",
    "age": None,
    "age-is-least": True,
    "chain": [],
    "frames": [_FRAME],
}
_AGENT_S_LINE = {**_LOG, "source": "/var/log/pen-npm.log", "@timestamp": "2026-11-24T03:31:02Z"}
_ROW = {
    "name": _NAME,
    "node": "node1",
    "service": "pen-npm",
    "category": "Venice",
    "labels": {"team": "network"},
    "status": "live",
    "reachable": True,
    "why": "",
    "wanted": {**_UNTIL, "source": "override", "then": "as-configured"},
    "applied": "Debug",
    "in-force": True,
    "started": "2026-11-24T03:29:58.48Z",
    "restarts": 0,
    "workers": 1,
    "errors": 1,
    "cpu": 2.4,
    "rss": 71487488,
    "loop-lag": 0.4,
    "asked": "2026-11-24T03:31:05Z",
}
_CHANGE = {
    "time": "2026-11-24T03:30:10Z",
    "module": _NAME,
    "who": "ada",
    "from": "10.0.0.5",
    "level-to": "Debug",
    "until": "2026-11-24T03:40:10Z",
    "reason": "slow searches",
    "gateway": "corvo-1",
}
_TAKEN = {
    "id": "aacf9372b3245d0b",
    "module": _NAME,
    "profile": "profile",
    "parameters": {"seconds": "2"},
    "state": "running",
    "started": "2026-11-24T03:31:02.301Z",
    "seconds": 2.0,
    "progress": 0.1,
    "bytes": 0,
    "error": "",
    "gateway": "corvo-1",
    "by": "ada",
}
_COLLECTED = {
    **{name: value for name, value in _TAKEN.items() if name not in ("module", "profile", "parameters")},
    "modules": [_NAME],
    "seconds": None,
}
_SAMPLE = {
    "time": "2026-11-24T03:31:00Z",
    "cpu": 2.4,
    "rss": 71487488,
    "loop-lag": 0.004,
    "tasks": 12,
    "gc-pause": 0.0003,
}

#: (method, path as it is routed) -> its examples, each with a few words. The first one stands for the request.
EXAMPLES: Mapping[tuple[str, str], Mapping[str, Example]] = {
    ("GET", f"{API_PATH}/modules"): {
        "those of a team": Example(
            {"kind": "ModuleList", "api-version": "v1", "list-meta": {"total-count": 1}, "items": [_MODULE]},
            parameters={"label-selector": "team=network"},
        ),
    },
    ("POST", f"{API_PATH}/modules"): {
        "one that nothing runs of yet": Example(
            {**_MODULE, "status": {}},
            {"meta": {"name": _NAME, "labels": {"team": "network"}}, "spec": {"log-level": "Info"}},
        ),
    },
    ("GET", _ONE): {"one": Example(_MODULE)},
    ("PUT", _ONE): {
        "another level and other labels": Example(
            _DEBUGGED,
            {"meta": {"name": _NAME, "labels": {"team": "network"}}, "spec": {"log-level": "Debug"}},
        ),
    },
    ("PATCH", _ONE): {"another level": Example(_DEBUGGED, {"spec": {"log-level": "Debug"}})},
    ("DELETE", _ONE): {"one": Example(_MODULE)},
    ("POST", f"{_ONE}/label"): {"other labels": Example(_MODULE, {"labels": {"team": "network"}})},
    ("GET", f"{_ONE}/level"): {
        "an override": Example(
            {
                "name": _NAME,
                "wanted": {**_UNTIL, "source": "override", "then": "Info"},
                "in-force": True,
                "controls": [_CONTROL],
                "applied": {**_UNTIL, "source": "override", "since": "2026-11-24T03:30:10Z"},
            }
        ),
    },
    ("PUT", f"{_ONE}/level"): {
        "ten minutes of Debug": Example(
            {**_MODULE, "controls": [_CONTROL]}, {"level": "Debug", "for": "10m", "reason": "slow searches"}
        ),
        "one logger": Example(
            {**_MODULE, "controls": [{**_CONTROL, "id": "http", "logger": "http"}]},
            {"level": "Debug", "for": "10m", "logger": "http"},
        ),
        "for good": Example({**_MODULE, "spec": {"log-level": "Warn"}}, {"level": "Warn", "keep": True}),
        "end it": Example(_MODULE, {"level": None}),
    },
    ("POST", f"{_ONE}/Debug"): {
        "log lines": Example(
            {"diagnostics": {"logs": [{"log": _LOG}]}},
            {"query": "Log", "parameters": {"lines": "50", "level": "error", "since": "1h"}},
        ),
        "a variable": Example(
            {"diagnostics": {"stats": {"cpustats": '{"NumCPUs":8,"NumGoroutines":12}'}}},
            {"query": "Stats", "parameters": {"action": "get", "expvar": "cpustats"}},
        ),
        "a profile (gzipped pprof, base64)": Example(
            {"diagnostics": {"buffer": "H4sIAAAAAAAC..."}}, {"query": "Profile", "parameters": {"profile": "goroutine"}}
        ),
        "an action": Example(
            {"diagnostics": {"string": "dropped"}}, {"query": "Action", "parameters": {"action": "drop-cache"}}
        ),
    },
    ("POST", f"{API_PATH}/Debug"): {
        "five lines of each module of a node": Example(
            f'{{"module":"{_NAME}","ok":true,"seconds":0.012,"diagnostics":{{"logs":[{_LINE.strip()}]}}}}\n'
            '{"summary":{"modules":1,"ok":1,"failed":0}}\n',
            {"query": "Log", "parameters": {"lines": "5"}},
            {"field-selector": "status.node=node1"},
        ),
    },
    ("GET", f"{API_PATH}/watch/modules"): {
        "those of a team": Example(
            f'{{"result":{{"events":[{{"type":"Created","object":{{"kind":"Module","meta":{{"name":"{_NAME}"}}}}}}]}}}}\n',
            parameters={"label-selector": "team=network"},
        ),
    },
    ("GET", f"{API_PATH}/watch/modules/{{name}}/logs"): {
        "errors": Example(_LINE, parameters={"level": "error", "lines": "10"})
    },
    ("GET", f"{API_PATH}/statuses"): {
        "with what is measured": Example({"resource-version": "1208", "items": [_ROW]}, parameters={"measure": "true"}),
    },
    ("POST", f"{API_PATH}/watch"): {
        "the fleet": Example(
            f'{{"id":"fleet","type":"row","object":{{"name":"{_NAME}","status":"live","applied":"Debug"}}}}\n'
            '{"id":"fleet","type":"listed","resource-version":"1208"}\n',
            {"subscriptions": [{"id": "fleet", "kind": "statuses"}]},
        ),
    },
    ("GET", f"{API_PATH}/audit"): {
        "what was done at this gateway": Example(
            {"gateway": "corvo-1", "items": [{**_CHANGE, "what": "level", "result": "ok", "seconds": 0.0005}]}
        ),
    },
    ("GET", f"{_ONE}/history"): {
        "who changed what": Example(
            {"items": [{**_CHANGE, "what": "override", "level-from": "as-configured", "revision": "4", "since": "3"}]}
        ),
    },
    ("GET", f"{_ONE}/errors"): {
        "those of an hour": Example(
            {
                "module": _NAME,
                "since": "1h",
                "errors": 1,
                "groups": [
                    {
                        "count": 1,
                        "exception": "TimeoutError",
                        "frame": "policy.py:41",
                        "message": "lost",
                        "first": _LOG["ts"],
                        "last": _LOG["ts"],
                        "newest": _AGENT_S_LINE,
                    }
                ],
                "others": 0,
                "remarks": [],
            },
            parameters={"since": "1h"},
        ),
    },
    ("GET", f"{_ONE}/counts"): {
        "a quarter of an hour": Example(
            {
                "module": _NAME,
                "step": 300,
                "since": "2026-11-24T03:16:02Z",
                "counts": [{"time": "2026-11-24T03:30:00Z", "levels": {"info": 240, "error": 1}}],
                "unknown": "",
            },
            parameters={"since": "15m", "step": "300"},
        ),
    },
    ("GET", f"{_ONE}/logs"): {
        "the newest error": Example(
            {"module": _NAME, "logs": [_AGENT_S_LINE], "remarks": [], "cursor": ""},
            parameters={"level": "error", "lines": "1"},
        ),
    },
    ("GET", f"{_ONE}/stacks"): {
        "threads and tasks": Example(
            {
                "module": _NAME,
                "deadlocks": [],
                "comments": [],
                "threads": [_THREAD],
                "tasks": [],
                "own": 0,
            }
        ),
    },
    ("GET", f"{API_PATH}/whoami"): {
        "what the caller may": Example(
            {
                "name": "ada",
                "role": "operator",
                "selector": "",
                "queries": {"Log": True, "Action": False},
                "may": {"level": True, "modules delete": False},
                "routes": {"GET /statuses": True, "DELETE /modules/{name}": False},
                "gateway": {"id": "corvo-1", "version": "0.1.0", "started": "2026-11-24T03:00:00Z", "modules": 40},
            }
        ),
    },
    ("GET", f"{_ONE}/samples"): {
        "fifteen minutes": Example({"module": _NAME, "step": 10.0, "samples": [_SAMPLE]}),
    },
    ("GET", f"{_ONE}/logs/context"): {
        "around a time": Example(
            {"module": _NAME, "logs": [_AGENT_S_LINE], "at": 0},
            parameters={"time": "2026-11-24T03:31:02Z", "before": "2", "after": "2"},
        ),
    },
    ("POST", f"{_ONE}/profiles"): {
        "two seconds of the processor": Example(_TAKEN, {"profile": "profile", "parameters": {"seconds": "2"}}),
    },
    ("GET", f"{API_PATH}/profiles"): {"all of them": Example({"gateway": "corvo-1", "items": [_TAKEN]})},
    ("GET", f"{API_PATH}/profiles/{{id}}"): {"how far it is": Example(_TAKEN)},
    ("DELETE", f"{API_PATH}/profiles/{{id}}"): {"end it": Example({**_TAKEN, "state": "cancelled"})},
    ("POST", f"{API_PATH}/bundles"): {
        "a support case": Example(_COLLECTED, {"names": [_NAME], "since": "1h", "cpu": "2s"}),
    },
    ("GET", f"{API_PATH}/bundles"): {"all of them": Example({"gateway": "corvo-1", "items": [_COLLECTED]})},
    ("GET", f"{API_PATH}/bundles/{{id}}"): {"how far it is": Example(_COLLECTED)},
    ("DELETE", f"{API_PATH}/bundles/{{id}}"): {"end it": Example({**_COLLECTED, "state": "cancelled"})},
}
