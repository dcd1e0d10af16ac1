"""``corvo run`` brings a stub into the processes of a service, and into no other."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from corvo_agent.hub.workers import Workers
from corvo_agent.launcher.environment import FIRST, INJECTED, ONLY, service_environment
from tests.hub.kit import PATIENCE, connected, hub
from tests.stub.kit import runtime_folder

# Prints one line "ROLE PID" for each process, and ends with its input. Each of them inherits that.
_PROGRAM = """
import multiprocessing, os, subprocess, sys

def tell(role):
    os.write(1, f"{role} {os.getpid()}\\n".encode())
    sys.stdin.read()

if __name__ == "__main__":
    tool = [sys.executable, "-c", "import os, sys; os.write(1, b'tool %d\\\\n' % os.getpid()); sys.stdin.read()"]
    tools = [subprocess.Popen(tool), subprocess.Popen(["sh", "-c", '"$@"; true', "sh", *tool])]
    if len(sys.argv) > 1:
        children = [
            multiprocessing.get_context(method).Process(target=pipe_child, args=(method,), daemon=True)
            for method in ("fork", "spawn", "forkserver")
        ]
        for each in children:
            each.start()
    tell("main")
    for each in tools:
        each.wait()
"""
# multiprocessing gives its children no input: they end when the one above them is gone.
_CHILDREN = """
def pipe_child(role):
    import time
    os.write(1, f"{role} {os.getpid()}\\n".encode())
    above = os.getppid() if role == "fork" else int(os.environ["MAIN"])
    while os.path.exists(f"/proc/{os.environ['MAIN']}"):
        time.sleep(0.05)

os.environ.setdefault("MAIN", str(os.getpid()))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with runtime_folder() as made:
        (made / "program.py").write_text(_PROGRAM.replace("if __name__", f"{_CHILDREN}\nif __name__", 1))
        yield made


@asynccontextmanager
async def running(folder: Path, *command: str, options: tuple[str, ...] = ()) -> AsyncIterator[asyncio.StreamReader]:
    """A service of ``corvo run``; what it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "corvo_agent", "run", "--module", "shop", "--node", "node1", *options, "--", *command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "CORVO_RUNTIME_DIR": str(folder)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.stdin.close()
        async with asyncio.timeout(PATIENCE):
            # To its end: what the service has started holds the pipe, too.
            await process.stdout.read()
            await process.wait()


async def told(output: asyncio.StreamReader, count: int) -> dict[str, list[int]]:
    """The numbers of so many processes, by what they are."""
    found: dict[str, list[int]] = {}
    async with asyncio.timeout(PATIENCE):
        for _ in range(count):
            role, pid = (await output.readline()).decode().split()
            found.setdefault(role, []).append(int(pid))
    return found


def pids(workers: Workers) -> set[int]:
    return {worker.pid for worker in workers.connected}


async def test_what_multiprocessing_starts_belongs_to_it_and_its_tools_do_not(folder: Path) -> None:
    async with (
        hub(folder, "1-node1-shop") as (workers, _),
        running(folder, sys.executable, str(folder / "program.py"), "children") as output,
    ):
        found = await told(output, 6)
        await connected(workers, 4)
        assert pids(workers) == {found[role][0] for role in ("main", "fork", "spawn", "forkserver")}


async def test_what_a_shell_starts_belongs_to_it(folder: Path) -> None:
    script = '"$1" "$2"; true'
    async with (
        hub(folder, "1-node1-shop") as (workers, _),
        running(folder, "sh", "-c", script, "sh", sys.executable, str(folder / "program.py")) as output,
    ):
        found = await told(output, 3)
        await connected(workers, 1)
        assert pids(workers) == set(found["main"])


async def test_only_those_that_are_named_belong_to_it(folder: Path) -> None:
    async with (
        hub(folder, "1-node1-shop") as (workers, _),
        running(folder, sys.executable, str(folder / "program.py"), options=("--only", "os.write.*tool")) as output,
    ):
        found = await told(output, 3)
        await connected(workers, 2)
        assert pids(workers) == set(found["tool"])


async def test_another_sitecustomize_runs_and_nothing_is_printed(folder: Path) -> None:
    own = folder / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text("import sys; sys.own_site = __file__")
    shown = "import sys; print(sys.own_site == sys.modules['sitecustomize'].__file__, 'inject' in str(sys.path))"
    before = os.environ.get("PYTHONPATH", "")
    environment = service_environment({**os.environ, "PYTHONPATH": f"{own}{os.pathsep}{before}"}, {})
    for told in ({}, {FIRST: "no number"}, {FIRST: "1", "CORVO_MODULE": "of no name"}):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", shown),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**environment, **told},
        )
        assert (await process.communicate())[0].decode() == "True False\n"


async def test_without_another_one_nothing_is_missing() -> None:
    environment = service_environment({"PATH": os.environ["PATH"]}, {"CORVO_MODULE": "shop"}, "nothing is like this")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "print('as ever')"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
    )
    assert (await process.communicate())[0] == b"as ever\n"
    assert (environment["PYTHONPATH"], environment[ONLY]) == (INJECTED, "nothing is like this")
