"""What may import what: arrows point downward, each foreign package has its place, and folders and files stay small.

A new folder or file has to be entered in the tables below, at the place where it belongs: the tests name what is
missing.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.foreign_packages import OWNERS
from tests.package_graph import FILES, PACKAGE, ROOT, imports, name_of, ours
from tests.project.style import FILES_OF_A_FOLDER, LINES_OF_A_FILE, LINES_OF_A_FUNCTION

# A folder or a file at the top may import what it names here, itself and the vocabulary. Each names only such as stand
# above it.
_MANY = {"access", "settings", "levels", "protobuf", "modules", "diagnostics", "logs"}
MAY_IMPORT = {
    "owned_process": set(),
    "console": set(),
    "guides": set(),
    "protobuf": set(),
    "stats": set(),
    "embedded": {"owned_process"},
    "levels": set(),
    "profiles": {"protobuf", "stats"},
    "logs": {"levels"},
    "modules": {"levels"},
    "access": {"modules"},
    "settings": {"levels", "modules"},
    "testing": {"modules"},
    "writer": {"levels", "modules", "settings"},
    "diagnostics": {"access", "levels", "protobuf", "logs", "stats", "profiles", "modules", "_generated"},
    "overview": {"levels", "logs", "modules", "diagnostics"},
    "survival": {"settings", "diagnostics", "profiles"},
    "bundle": {"protobuf", "modules", "diagnostics", "profiles"},
    "rest_client": {"modules", "diagnostics"},
    "sidecar": {"access", "levels", "protobuf", "logs", "stats", "profiles", "modules", "diagnostics"},
    "gateway": {"_generated", "bundle", "console", "guides", "overview", "profiles", "rest_client", "stats", "survival"}
    | _MANY,
    "agent": {"stats", "profiles", "sidecar", "survival"} | _MANY,
    "stub": {"levels", "modules", "stats", "profiles", "diagnostics", "agent"},
    "hub": {"levels", "modules", "stats", "profiles", "diagnostics", "sidecar", "survival", "agent", "stub"},
    "launcher": {"stub"},
    "demo": {"owned_process", "embedded", "stats", "gateway", "agent", "stub"} | _MANY,
    "cli": {
        "access",
        "console",
        "embedded",
        "guides",
        "levels",
        "profiles",
        "settings",
        "logs",
        "modules",
        "writer",
        "diagnostics",
        "overview",
        "bundle",
        "rest_client",
        "sidecar",
        "survival",
        "gateway",
        "agent",
        "launcher",
        "demo",
    },
    "__init__": {"levels", "logs", "modules", "diagnostics", "agent", "stub"},
    "__main__": {"cli"},
}
VOCABULARY = {
    "errors",
    "addresses",
    "forks",
    "framing",
    "clock",
    "backoff",
    "timestamps",
    "tasks",
    "threads",
    "secrets",
    "signals",
    "tls_files",
    "_lazy",
    "_version",
    "log_thinning",
}

# The rooms of each folder that has folders: what a line names may import what the lines before it name, and nothing of
# its own line. A folder's own __init__ stands above them all.
ROOMS = {
    "levels": [
        "level libraries logger_name",
        "audit thresholds",
        "level_filter logger_tree",
        "in_force state",
        "filter layer",
        "handler_blockers loguru_filter structlog_filter",
        "blockers",
    ],
    "logs": ["dialects limits worker writing", "lines", "errors files", "search", "tail"],
    "modules": [
        "compare_and_swap decimal_text kv model names",
        "vouching",
        "callbacks deferred json memory selectors vanished watching",
        "announcing controls etcd store",
        "history module_level",
        "access location registration store_clock watcher",
    ],
    "profiles": ["callers", "kind pacing program", "pprof", "stacks", "heap sampling shown", "recording", "kinds"],
    "diagnostics": [
        "admission answer_budget closed_streams query shedding status tls",
        "fair_places handler limits message_codec messages",
        "calls",
        "client handlers registry server",
        "service",
        "introspection",
    ],
    "sidecar": ["processes", "target", "answers hooks", "injection"],
    "gateway": [
        "auth cooperative_yield identity watching",
        "objects routing",
        "jwt_settings key_source metrics module_metrics operations statuses",
        "settings",
        "multiplex",
        "subscriptions",
        "credentials rest tls",
        "grpc looking",
        "app",
    ],
    "gateway/rest": [
        "bookmarks entity_tags examples request_coding schemas transcode",
        "compression limits paths samples schema_page",
        "http",
        "answers connection",
        "bounds",
        "openapi",
        "middleware",
        "api_page fan_out",
        "merged_answers",
        "views",
    ],
    "gateway/rest/schemas": ["schema", "answers objects queries", "table"],
    "launcher": ["environment", "join", "inject isolated"],
    "cli": [
        "interrupts streams",
        "backends help manifests shells show thinned_log whole_file",
        "confirm failures levels own_log profiles settings",
        "doctor live many reload running",
        "where",
        "asking attach bundling logs modules",
        "assistant",
        "commands",
        "main",
    ],
    "cli/commands": ["change look run setup"],
    "cli/profiles": ["children hot_functions taking", "flame heap_rows waits"],
}

# Names of the standard library that only some versions of Python have.
OF_SOME_PYTHONS = {"_interpreters", "_xxsubinterpreters"}

# Files without a test file of their name, and why. A test file that a reason names has to be there.
NO_TEST_OF_ITS_NAME = {
    "gateway/credentials.py": "tests/gateway/test_ways_in.py and test_auth.py come in by each way",
    "gateway/jwt_settings.py": "tests/gateway/test_ways_in.py has gateways with them, and what is half told",
    "survival/program.py": "tests/faults/test_survival.py runs programs in it",
    "survival/settings.py": "values without behaviour",
    "survival/state_log.py": "tests/faults/test_survival.py has programs log it",
    "_version.py": "one constant, which tests/test_main.py sees printed",
    "agent/options.py": "values without behaviour",
    "cli/logs/choices.py": "values without behaviour",
    "cli/logs/showing.py": "tests/cli/commands/look/test_logs.py sees what it shows",
    "cli/modules/choices.py": "values without behaviour",
    "cli/assistant/questions.py": "tests/cli/assistant/test_server.py asks each of them by the SDK's own client",
    "cli/bundling.py": "tests/cli/commands/look/test_bundle.py writes bundles by it",
    "cli/commands/run/mcp.py": "tests/cli/assistant/test_server.py starts it as an assistant does",
    "cli/backends/protocol.py": "only a Protocol",
    "cli/doctor/agent.py": "tests/cli/commands/setup/test_doctor.py asks a real agent",
    "cli/doctor/gateway.py": "tests/cli/commands/setup/test_doctor.py asks a real gateway",
    "cli/levels/waiting.py": "tests/cli/commands/change/test_level.py waits for agents of every kind",
    "cli/levels/wish.py": "tests/cli/commands/change/test_level.py carries each of them out, in etcd and at a gateway",
    "demo/check.py": "tests/demo/test_world.py runs it, once while all holds and once while the agent is gone",
    "demo/check_rest.py": "tests/demo/test_world.py runs it, once while all holds and once while the agent is gone",
    "demo/findings.py": "values without behaviour",
    **dict.fromkeys(("demo/worker.py", "demo/workers.py"), "tests/demo/test_world.py ends it, and kills its owner"),
    "diagnostics/handler.py": "only Protocols",
    "diagnostics/introspection/services.py": "tests/integration/test_introspection.py asks them by gRPC's own clients",
    "cli/manifests/deployment.py": "tests/cli/commands/setup/test_manifest.py has all of it made",
    "cli/manifests/docker.py": "tests/cli/commands/setup/test_manifest.py has it made, and built where docker runs",
    "cli/manifests/grafana.py": "tests/cli/commands/setup/test_manifest.py holds it against what is scraped",
    "cli/manifests/kubernetes.py": "tests/cli/commands/setup/test_manifest.py holds each object against the schemas",
    "cli/manifests/prometheus.py": "tests/cli/commands/setup/test_manifest.py has it made",
    "cli/manifests/systemd.py": "tests/cli/commands/setup/test_manifest.py has the units verified",
    "cli/where/worker.py": "tests/cli/commands/look/test_stats.py and tests/stub/test_start.py name workers",
    "gateway/module_metrics.py": "tests/gateway/rest/views/test_scraping.py scrapes them",
    "gateway/objects/changes.py": "tests/integration/test_history.py, two gateways and an agent at once",
    "gateway/watching/caretaker.py": "tests/gateway/watching/test_completer.py runs it, refused and cut off too",
    **dict.fromkeys(
        (
            "gateway/rest/paths.py",
            *(f"gateway/rest/schemas/{name}.py" for name in ("answers", "objects", "queries", "schema", "table")),
        ),
        "tests/gateway/rest/test_openapi.py holds each answer of a running gateway against them",
    ),
    "gateway/rest/limits.py": "tests/gateway/rest/test_bounds.py: each is told",
    "gateway/rest/views/debug.py": "tests/gateway/test_wire_rows_debug.py, a row of the API each",
    "gateway/looking.py": "tests/gateway/test_roles.py asks for all of it",
    "gateway/objects/audit_lines.py": "tests/gateway/rest/views/test_audit.py, for each kind of caller",
    "gateway/subscriptions/audit.py": "tests/gateway/rest/views/test_audit.py follows it",
    "gateway/routing/routed_client.py": "tests/gateway/rest/views/test_bundles.py asks an agent by it",
    "gateway/operations/operation.py": "tests/gateway/operations/test_shelf.py, each state of it",
    "gateway/operations/profiles.py": "tests/gateway/rest/views/test_profiles.py, over REST",
    "stats/sampler.py": "tests/stats/test_samples.py, on a loop that is late",
    "gateway/rest/views/operations.py": "tests/gateway/rest/views/test_profiles.py, each request of it",
    "gateway/subscriptions/profile.py": "tests/gateway/rest/views/test_profiles.py follows one to its end",
    "gateway/rest/views/modules.py": "tests/gateway/test_wire_rows_semantics.py, a row of the API each",
    "gateway/rest/views/watch.py": "tests/gateway/test_wire_rows_watch.py, a row of the API each",
    "hub/agent.py": "tests/stub/test_start.py asks a running hub",
    "hub/connection.py": "tests/hub/test_workers.py connects processes to a hub",
    "hub/main.py": "tests/stub/test_start.py runs hubs, one after the other",
    "hub/serve.py": "tests/stub/test_start.py runs hubs, one after the other",
    "launcher/environment.py": "tests/launcher/test_join.py starts programs in it",
    "launcher/inject/sitecustomize.py": "tests/launcher/test_join.py starts programs that run it",
    "logs/dialects/fields.py": "a table; tests/logs/dialects/test_shapes.py reads over a hundred programs' lines by it",
    "logs/dialects/table.py": "a table; tests/logs/dialects/test_shapes.py reads over a hundred programs' lines by it",
    "logs/dialects/template.py": "tests/logs/dialects/test_sieve.py: a template is how a sieve looks for lines",
    "logs/dialects/text_forms.py": "a table; tests/logs/dialects/test_shapes.py reads each of its forms",
    "logs/dialects/time_forms.py": "a table; tests/logs/dialects/test_times.py reads each of its forms",
    "logs/limits.py": "values without behaviour",
    "modules/controls/control.py": "values without behaviour",
    "modules/etcd/causes.py": "tests/integration/test_etcd_tls.py and tests/modules/etcd/test_client.py, real refusals",
    "modules/watching/statistics.py": "values without behaviour",
    "modules/kv.py": "a Protocol and its values; tests/modules/test_kv_contract.py holds both stores to it",
    "cli/profiles/children.py": "tests/cli/commands/look/test_attach.py profiles a tree of processes",
    "cli/attach/as_module.py": "tests/cli/commands/look/test_attach.py makes a process a Module",
    "cli/attach/beside.py": "tests/cli/commands/look/test_attach.py runs each command beside a process",
    "cli/attach/holding.py": "tests/cli/commands/look/test_attach.py holds a level",
    "cli/attach/process.py": "tests/cli/commands/look/test_attach.py names processes in each way",
    "sidecar/injection/bootstrap.py": "tests/sidecar/injection/test_guest.py begins with it",
    "sidecar/injection/inside.py": "tests/sidecar/injection/test_guest.py asks by it",
    "sidecar/injection/inside_answers.py": "tests/cli/commands/look/test_attach.py asks through a service",
    "sidecar/injection/sources.py": "tests/sidecar/injection/test_guest.py sends them",
    "stub/answers.py": "tests/hub/test_profiles.py and tests/hub/test_stats.py ask them",
    "stub/backend.py": "only a Protocol",
    "stub/green_answers.py": "tests/world/test_services.py asks services on gevent",
    "stub/green_hubs.py": "tests/world/test_services.py asks services on gevent and eventlet",
    "stub/handle.py": "tests/stub/test_start.py uses each of its methods",
    "stub/inside.py": "tests/stub/test_start.py, where no hub is wanted",
    "stub/listener.py": "only a Protocol",
    "stub/questions.py": "only Protocols",
    "writer/source.py": "a Protocol and its values",
}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def place_of(path: Path) -> tuple[str, ...]:
    """The folders of a file below the package, and its own name without the ending."""
    return path.relative_to(ROOT).with_suffix("").parts


def floors(folder: str) -> dict[str, int]:
    """How high each room of ``folder`` stands."""
    rooms = {room: floor for floor, line in enumerate(ROOMS[folder]) for room in line.split()}
    return {**rooms, "__init__": len(ROOMS[folder])}


def test_the_table_knows_every_folder_and_file_at_the_top() -> None:
    assert {place_of(path)[0] for path in FILES} == MAY_IMPORT.keys() | VOCABULARY


def test_the_table_has_no_circle() -> None:
    seen = {"_generated"}
    for folder, others in MAY_IMPORT.items():
        assert others <= seen, f"{folder} stands before what it may import"
        seen.add(folder)


def test_imports_point_downward() -> None:
    wrong = []
    for path in FILES:
        folder = place_of(path)[0]
        allowed = {folder} | VOCABULARY | (MAY_IMPORT[folder] if folder not in VOCABULARY else set())
        tops = {name.split(".")[1] for name in imports(path) if name.startswith(f"{PACKAGE}.")}
        wrong += [f"{relative(path)} imports {top}" for top in sorted(tops - allowed)]
    assert wrong == []


def test_every_folder_of_folders_has_its_order() -> None:
    parents = {"/".join(place_of(path)[:-2]) for path in FILES} - {""}
    assert parents <= ROOMS.keys()


@pytest.mark.parametrize("folder", ROOMS)
def test_the_order_knows_every_room(folder: str) -> None:
    start = len(folder.split("/"))
    there = {place_of(path)[start] for path in FILES if path.is_relative_to(ROOT / folder)}
    assert there == floors(folder).keys()


def test_rooms_import_only_rooms_before_them() -> None:
    wrong = []
    for path in FILES:
        for other in ours(path):
            shared, own, theirs = parted(place_of(path), place_of(other))
            order = floors(shared) if shared in ROOMS else {}
            if order.get(theirs, -1) >= order.get(own, 0):
                wrong.append(f"{relative(path)} imports {relative(other)}, which is not before {own} in {shared}")
    assert wrong == []


def parted(own: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, str, str]:
    """The innermost folder of both places, and the room that each of them is in there."""
    depth = next(index for index, (left, right) in enumerate(zip(own, other, strict=False)) if left != right)
    return "/".join(own[:depth]), own[depth], other[depth]


def test_each_foreign_package_has_its_place() -> None:
    found = {(package, relative(path)) for path in FILES for package in foreign(path)}
    assert [
        f"{path} imports {package}"
        for package, path in sorted(found)
        if not any(is_in(path, owner) for owner in OWNERS.get(package, ()))
    ] == []
    kept = {(package, owner) for package, owners in OWNERS.items() for owner in owners}
    assert {pair for pair in kept if not any(pair[0] == name and is_in(path, pair[1]) for name, path in found)} == set()


def foreign(path: Path) -> set[str]:
    """The packages of others that the file imports, those of the standard library left out."""
    return {name.split(".")[0] for name in imports(path)} - sys.stdlib_module_names - OF_SOME_PYTHONS - {PACKAGE}


def is_in(path: str, owner: str) -> bool:
    return path == owner or (owner.endswith("/") and path.startswith(owner))


def test_imports_through_importlib_count() -> None:
    assert ROOT / "cli/commands/look/logs.py" in ours(ROOT / "cli/main.py")
    assert ROOT / "stats/expvar.py" in ours(ROOT / "stats/__init__.py")
    assert "memray" in imports(ROOT / "profiles/heap/memray_recording.py")


def test_no_import_cycle() -> None:
    done: set[Path] = set()

    def visit(path: Path, trail: tuple[Path, ...]) -> None:
        if path in trail:
            pytest.fail("cycle: " + " -> ".join(map(name_of, (*trail[trail.index(path) :], path))))
        if path not in done:
            for other in ours(path):
                visit(other, (*trail, path))
            done.add(path)

    for path in FILES:
        visit(path, ())


def test_every_file_has_a_test_file_of_its_name_or_a_reason() -> None:
    tests = ROOT.parent / "tests"
    without = {
        relative(path)
        for path in FILES
        if path.name != "__init__.py"
        and not tests.joinpath(path.relative_to(ROOT).parent, f"test_{path.stem.strip('_')}.py").exists()
    }
    assert without == NO_TEST_OF_ITS_NAME.keys()
    named = {name for reason in NO_TEST_OF_ITS_NAME.values() for name in re.findall(r"tests/[\w/]+\.py", reason)}
    assert [name for name in sorted(named) if not ROOT.parent.joinpath(name).exists()] == []


def test_folders_stay_small() -> None:
    counted = Counter(path.parent for path in FILES)
    assert {relative(folder): count for folder, count in counted.items() if count > FILES_OF_A_FOLDER} == {}


def test_files_and_functions_stay_short() -> None:
    top = ROOT.parent
    long = []
    for path in [*FILES, *top.joinpath("tests").rglob("*.py"), *top.joinpath("benchmarks").rglob("*.py")]:
        text = path.read_text()
        if text.count("\n") > LINES_OF_A_FILE:
            long.append(str(path.relative_to(top)))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                long += [f"{path.relative_to(top)}: {node.name}"] * (lines > LINES_OF_A_FUNCTION)
    assert long == []
