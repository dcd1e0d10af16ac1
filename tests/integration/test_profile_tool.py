"""``go tool pprof`` opens every kind of profile that we make, in every form that people ask it for."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from corvo_agent.diagnostics.handlers.profile import ProfileHandler
from corvo_agent.diagnostics.messages.payloads import decode_profile
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.profiles.kinds.local import local_kinds
from corvo_agent.profiles.recording.recorders import Recorders
from corvo_agent.sidecar.answers.process_profiles import process_kinds
from corvo_agent.sidecar.target.process import target_of_pid
from tests.profiles.spawn import running

from .go_tools import pprof

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

KEPT: list[bytes] = []


def work_hard() -> None:
    sum(number * number for number in range(2000))
    KEPT.append(bytes(1000))


def stand_at(lock: threading.Lock) -> None:
    with lock:
        pass


async def serve(lock: asyncio.Lock) -> None:
    async with lock:
        pass


@asynccontextmanager
async def at_work() -> AsyncIterator[None]:
    """A process that has something to show of every kind."""
    end, held, lock = threading.Event(), threading.Lock(), asyncio.Lock()
    held.acquire()
    await lock.acquire()

    def work() -> None:
        while not end.is_set():
            work_hard()

    threads = [threading.Thread(target=work), threading.Thread(target=stand_at, args=(held,))]
    for thread in threads:
        thread.start()
    waiter = asyncio.create_task(serve(lock), name="waiter")
    try:
        yield
    finally:
        waiter.cancel()
        held.release()
        end.set()
        for thread in threads:
            thread.join()
        KEPT.clear()


@pytest_asyncio.fixture
async def busy() -> AsyncIterator[None]:
    """The same, for a test."""
    async with at_work():
        yield


# kind, parameters, a function that has to be there, the label of the tags
CASES = [
    ("profile", {"seconds": "0.5", "engine": "builtin", "budget": "50"}, "work_hard", "thread"),
    ("profile", {"seconds": "0.5", "engine": "py-spy", "budget": "50"}, "work_hard", "thread"),
    ("goroutine", {}, "serve", "task"),
    ("heap", {"seconds": "0.2"}, "work_hard", ""),
    ("heap", {"seconds": "0.2", "engine": "memray"}, "work_hard", ""),
    ("heap", {}, "builtins.dict", ""),
    ("allocs", {"seconds": "0.2"}, "work_hard", ""),
    ("block", {"seconds": "0.3"}, "serve", "state"),
    ("mutex", {"seconds": "0.3"}, "stand_at", "thread"),
    ("threadcreate", {}, "started before", ""),
]


async def take(handler: ProfileHandler, **parameters: str) -> bytes:
    return decode_profile((await handler.handle(DebugQuery("Profile", parameters))).value)


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize(("kind", "parameters", "function", "label"), CASES)
async def test_every_form_of_every_kind(
    kind: str, parameters: dict[str, str], function: str, label: str, tmp_path: Path
) -> None:
    # With all nodes, also those that pprof finds too small to show.
    options = ("-nodefraction=0", "-edgefraction=0", "-nodecount=10000")
    for _ in range(10):
        data = await take(ProfileHandler(local_kinds(Recorders())), profile=kind, **parameters)
        shown = {
            form: await asyncio.to_thread(pprof, tmp_path, data, *form.split("@"), *options)
            for form in ("-top", f"-peek@{function}".replace("@", "="), "-traces", "-tags")
        }
        # While the machine stands still there is nothing to be seen.
        if function in shown["-top"]:
            break
    assert function in shown["-top"]
    assert function in shown["-traces"]
    assert function in shown[f"-peek={function}"]
    assert not label or f"{label}: Total" in shown["-tags"]
    if function in ("work_hard", "serve", "stand_at"):
        source = await asyncio.to_thread(pprof, tmp_path, data, f"-list={function}")
        assert f"def {function}(" in source


VIEWS = """import time
def get(seconds=0.02):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
"""
MAIN = """import importlib.util, sys, threading
def load(path):
    spec = importlib.util.spec_from_file_location("views", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.get
gets = [load(path) for path in sys.argv[1:]]
def serve():
    while True:
        for get in gets:
            get()
threading.Thread(target=serve, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
"""


async def test_modules_of_one_name_in_a_foreign_process_stay_apart_down_to_their_source(tmp_path: Path) -> None:
    files = [tmp_path / folder / "views.py" for folder in ("orders", "users")]
    for file in files:
        file.parent.mkdir()
        file.write_text(VIEWS)
    with running(sys.executable, "-c", MAIN, *map(str, files)) as process:
        handler = ProfileHandler(process_kinds(target_of_pid(process.pid)))
        names = ["orders.views.get", "users.views.get"]
        for _ in range(10):
            data = await take(handler, profile="profile", seconds="1", budget="50")
            top = await asyncio.to_thread(pprof, tmp_path, data, "-top")
            # While the machine stands still there is nothing to be seen.
            if all(name in top for name in names):
                break
    assert [name for name in names if name in top] == names
    # The views that take the mapping for machine code: they found none of the source, or panicked.
    for form in ("-weblist=get", "-list=get"):
        await asyncio.to_thread(pprof, tmp_path, data, form, f"-output={tmp_path / 'source'}")
        source = (tmp_path / "source").read_text()
        assert [str(file) in source for file in files] == [True, True], form
        assert "while time.thread_time()" in source


async def test_a_thread_dump_of_a_foreign_process_opens_too(tmp_path: Path) -> None:
    handler = ProfileHandler(process_kinds(target_of_pid(os.getpid())))
    data = await take(handler, profile="goroutine")
    assert "MainThread" in await asyncio.to_thread(pprof, tmp_path, data, "-traces")
