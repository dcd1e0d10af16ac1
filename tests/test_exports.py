"""Every folder says what is public, keeps it, and importing it costs nothing that is not used.

Who renames, moves or removes a public name finds here what its folder's ``__init__`` still says: the import under
``TYPE_CHECKING`` (what type checkers see), the table given to ``lazy_names`` (what runs) and ``__all__`` have to agree.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import corvo_agent
from tests.project.public import FILES, INITS, comment_of, declared, package_of

HEAVY = (
    "aiohttp",
    "asyncio",
    "betterproto",
    "click",
    "etcd3",
    "grpclib",
    "orjson",
    "prometheus_client",
    "psutil",
    "re2",
    "requests",
    "rich",
    "ssl",
    "yaml",
)
# What a name must not pay for, where laziness could be lost without anyone noticing.
CHEAP = {
    "from corvo_agent import JsonFormatter, Level, configure_json_logging": set(HEAVY) - {"orjson"},
    "from corvo_agent import CorvoError, Module": set(HEAVY),
    "from corvo_agent.stats import Float, Func, Histogram, Int, Map, String": set(HEAVY) - {"orjson"},
    "from corvo_agent.levels import LevelFilter, audit, get_log_filter, reset_filter": set(HEAVY),
    "from corvo_agent.logs import JsonFileHandler": set(HEAVY) - {"orjson"},
    # Every process of a service pays for it.
    "from corvo_agent import start; start": {
        *HEAVY,
        *("calendar", "dataclasses", "inspect", "logging.handlers", "pickle", "socket"),
        *("corvo_agent.levels.blockers", "corvo_agent.stub.backend", "corvo_agent.stub.listener"),
        "corvo_agent.stub.questions",
    },
    "from corvo_agent.profiles import Profile": {"aiohttp", "etcd3", "grpclib", "click"},
    "from corvo_agent.testing import FakeClock, MemoryStore": {"aiohttp", "etcd3", "grpclib", "click"},
    "from corvo_agent import ModuleStore": {"aiohttp", "etcd3", "grpclib", "click"},
    "from corvo_agent import Agent": {"click", "rich", "yaml", "prometheus_client"},
    "from corvo_agent import DiagnosticsClient": {"aiohttp", "etcd3", "click"},
    "from corvo_agent.gateway import Gateway": {"click", "rich", "yaml"},
}


def order(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest: the order that ruff's RUF022 keeps."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def undocumented(name: str, value: object, home: ModuleType) -> bool:
    """Has a public name no docstring of its own? A constant or a type has its own in ``#:`` lines above it."""
    if inspect.isclass(value):
        text = vars(value).get("__doc__") or ""
        return not text or (dataclasses.is_dataclass(value) and text.startswith(f"{name}("))
    if inspect.isfunction(value) and value.__name__ == name:
        return not value.__doc__
    return not comment_of(name, inspect.getsource(home))


@pytest.mark.parametrize("init", INITS, ids=package_of)
def test_a_folder_says_what_it_is_for_and_what_is_public(init: Path) -> None:
    package = importlib.import_module(package_of(init))
    assert len((package.__doc__ or "").split()) >= 5, "a newcomer reads here what the folder is for"
    assert isinstance(package.__all__, tuple)
    assert list(package.__all__) == sorted(set(package.__all__), key=order)
    assert set(package.__all__) <= set(dir(package))


@pytest.mark.parametrize("init", INITS, ids=package_of)
def test_classes_that_a_folder_speaks_of_are_there(init: Path) -> None:
    spoken_of = set(re.findall(r"``([A-Z][a-z]\w*)", importlib.import_module(package_of(init)).__doc__ or ""))
    places = (*map(package_of, INITS), *(f"corvo_agent.{file}" for file in FILES))
    assert spoken_of <= {name for place in places for name in importlib.import_module(place).__all__}


@pytest.mark.parametrize("init", INITS, ids=package_of)
def test_type_checkers_and_the_lazy_table_see_the_same_names(init: Path) -> None:
    typed, lazy, eager = declared(init)
    assert {name: home for name, home in typed.items() if name not in eager} == lazy
    assert set(typed) == set(importlib.import_module(package_of(init)).__all__)
    shadowed = {name for name in lazy if (init.parent / name).is_dir() or (init.parent / f"{name}.py").is_file()}
    assert not shadowed, "importing the file of that name would take the name's place: import it eagerly"


@pytest.mark.parametrize("init", INITS, ids=package_of)
def test_a_public_name_is_the_documented_one_of_its_file(init: Path) -> None:
    package = importlib.import_module(package_of(init))
    without_docstring = []
    for name, file in declared(init)[0].items():
        home = importlib.import_module(f"{package.__name__}.{file}")
        found = getattr(package, name)
        assert found is vars(home)[name]
        if inspect.isclass(found) or inspect.isfunction(found):
            place = found.__module__
            ours = place.startswith("corvo_agent") and not place.startswith("corvo_agent._generated.")
            assert place == home.__name__ or not ours, f"{name}: name the file that has it"
        if name != "__version__" and undocumented(name, found, home):
            without_docstring.append(f"{home.__name__}.{name}")
    assert not without_docstring, ", ".join(without_docstring)


@pytest.mark.parametrize("file", FILES)
def test_a_public_file_says_all_that_it_has(file: str) -> None:
    module = importlib.import_module(f"corvo_agent.{file}")
    own = {name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}
    assert {name for name in own if not name.startswith("_")} <= set(module.__all__)
    assert list(module.__all__) == sorted(module.__all__, key=order)
    assert [name for name in module.__all__ if name in own and undocumented(name, vars(module)[name], module)] == []


def test_importing_all_packages_imports_nothing_heavy() -> None:
    packages = [package_of(init) for init in INITS]
    program = f"import sys, {', '.join(packages)}; print([m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("statement", CHEAP)
def test_a_name_costs_only_what_it_needs(statement: str) -> None:
    program = f"import sys; {statement}; print(sorted(m for m in {CHEAP[statement]!r} if m in sys.modules))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ast.literal_eval(found.stdout) == []


def test_what_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        corvo_agent.no_such_name  # type: ignore[attr-defined]  # noqa: B018
    assert dir(corvo_agent) == sorted(corvo_agent.__all__)
