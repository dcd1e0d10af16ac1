"""A hub is started by one process at a time, with the interpreter that its host belongs to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from corvo_agent.stub.launch import StartLock, interpreter, start_hub
from corvo_agent.stub.place import MeetingPlace
from tests.stub.kit import runtime_folder


@pytest.fixture
def place() -> Iterator[MeetingPlace]:
    with runtime_folder() as made:
        yield MeetingPlace(str(made / "hub"))


def test_only_one_holds_the_lock(place: MeetingPlace) -> None:
    one, other = StartLock(place), StartLock(place)
    assert one.acquire()
    assert not other.acquire()
    one.release()
    one.release()
    assert other.acquire()
    other.release()


def test_inside_another_program_its_python_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = sys.executable
    assert interpreter() == ours
    monkeypatch.setattr(sys, "executable", "/usr/bin/uwsgi")
    assert Path(interpreter()).resolve() == Path(ours).resolve()
    monkeypatch.setattr(sys, "prefix", "/nowhere")
    monkeypatch.setattr(sys, "base_prefix", "/nowhere")
    with pytest.raises(FileNotFoundError, match="run the hub with"):
        interpreter()


def test_a_program_that_fails_is_told(place: MeetingPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(OSError):
        start_hub(place, {})


def test_a_hub_finds_packages_and_bytecode_where_its_host_does_and_runs_as_any_python(
    place: MeetingPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Path(place.log)
    program = told.with_name("python")
    program.write_text(f"#!/bin/sh\nenv > {told}\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("PYTHONPATH", "/packages")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "/bytecode")
    monkeypatch.setenv("PYTHONTRACEMALLOC", "25")
    start_hub(place, {"CORVO_MODULE": "shop"})
    environment = told.read_text().splitlines()
    assert {"PYTHONPATH=/packages", "PYTHONPYCACHEPREFIX=/bytecode", "CORVO_MODULE=shop"} <= set(environment)
    assert not any(line.startswith("PYTHONTRACEMALLOC") for line in environment)


# Runs the program that it is given, up to what becomes the hub, and tells what a hub would find.
_PYTHON = """#!/bin/sh
exec {python} -P -c "import sys; sys.path += sys.argv[1].split(':'); print(hasattr(sys, 'customized'), *sys.path)" \
    "$4" > {told}
"""


def test_a_hub_finds_what_its_host_has_added_and_is_not_customized_as_that_is(
    place: MeetingPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(place.log).parent
    program, told, tracer, packages = (folder / name for name in ("python", "told", "tracer", "packages"))
    program.write_text(_PYTHON.format(python=sys.executable, told=told))
    program.chmod(0o700)
    tracer.mkdir()
    (tracer / "sitecustomize.py").write_text("import sys; sys.customized = True")
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("PYTHONPATH", f"{tracer}:{packages}")
    monkeypatch.syspath_prepend("/added")
    start_hub(place, {})
    customized, *paths = told.read_text().split()
    assert customized == "False"
    assert {str(packages), "/added"} <= {*paths}
    assert str(tracer) not in paths
