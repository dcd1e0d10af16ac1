"""Other programs read every kind of profile, growth included: each view of ``go tool pprof``, and speedscope."""

from __future__ import annotations

import asyncio
import functools
import http.server
import os
import re
import signal
import subprocess
import threading
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from corvo_agent.diagnostics.handlers.profile import ProfileHandler
from corvo_agent.profiles.kinds.local import local_kinds
from corvo_agent.profiles.recording.recorders import Recorders
from corvo_agent.sidecar.answers.process_profiles import process_kinds
from corvo_agent.sidecar.target.process import target_of_pid
from tests.console.browser import browser_page, until
from tests.integration.go_tools import go_program, pprof
from tests.integration.test_profile_tool import CASES, at_work, take
from tests.stub.kit import becomes, refused

from .machine import needs

pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]

#: Files, by what was asked for.
Taken = dict[str, Path]
# Not the graph, which graphviz draws.
_PAGES = ("top", "source?f=.", "peek?f=.", "flamegraph")
# What speedscope says when it has read a file, or could not.
_LOADED = (
    "['Time Order', 'went wrong'].some((text) => document.body.innerText.includes(text)) && document.body.innerText"
)
_FORMS = ("-top", "-peek=.", "-list=.", "-traces", "-raw", "-weblist=.")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def taken(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Taken]:
    """One of every kind, of this process and of one that is looked at from outside, with what grew and shrank."""
    folder, found = tmp_path_factory.mktemp("profiles"), {}

    def keep(name: str, data: bytes) -> None:
        found[name] = folder / f"{name.replace(' ', '-')}.pb.gz"
        found[name].write_bytes(data)

    handler = ProfileHandler(local_kinds(Recorders()))
    outside = ProfileHandler(process_kinds(target_of_pid(os.getpid())))
    async with at_work():
        for kind, parameters, _, _ in CASES:
            keep(" ".join((kind, *parameters.values())), await take(handler, profile=kind, **parameters))
        keep("heap growth", await take(handler, profile="heap", base="1"))
        keep("outside profile", await take(outside, profile="profile", seconds="0.5", budget="50"))
        keep("outside goroutine", await take(outside, profile="goroutine", children="yes"))
    yield found


@needs("python")
async def test_every_form_of_pprof_reads_every_kind(taken: Taken, tmp_path: Path) -> None:
    for name, file in taken.items():
        for form in _FORMS:
            output = f"-output={tmp_path / 'out'}"
            said = await asyncio.to_thread(pprof, tmp_path, file.read_bytes(), form, output, "-nodefraction=0")
            assert "panic" not in said, (name, form)
            assert (tmp_path / "out").stat().st_size > 0, (name, form)


@asynccontextmanager
async def web_view(file: Path, folder: Path) -> AsyncIterator[tuple[str, Path]]:
    """The address of pprof's own pages of a profile, and the file of what it complains about."""
    said = folder / "said"
    with said.open("wb") as messages:
        environment = {**os.environ, "HOME": str(folder), "PPROF_TMPDIR": str(folder), "GOTOOLCHAIN": "local"}
        command = [go_program(), "tool", "pprof", "-no_browser", "-http=127.0.0.1:", str(file)]
        process = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.DEVNULL, stderr=messages, env=environment, process_group=0
        )

        async def listens() -> bool:
            assert process.returncode is None, said.read_text()
            # It tells its address before it listens there.
            found = re.search(r"http://\S+?:(\d+)", said.read_text())
            return found is not None and not await refused(int(found[1]))

        try:
            await becomes(listens)
            (address,) = re.findall(r"http://\S+", said.read_text())
            yield address, said
        finally:
            # The command go has started pprof, which the signal has to reach.
            os.killpg(process.pid, signal.SIGTERM)
            await process.wait()


@needs("python")
async def test_its_pages_show_every_kind_and_none_panics(taken: Taken, tmp_path: Path) -> None:
    for name, file in taken.items():
        async with web_view(file, tmp_path) as (address, said):
            for page in _PAGES:
                with await asyncio.to_thread(urllib.request.urlopen, f"{address.rstrip('/')}/ui/{page}") as answer:
                    assert answer.status == 200, (name, page)
            assert "panic" not in said.read_text(), name


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Nothing: a browser asks for much."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The files of ``folder`` over HTTP."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@needs("chromium", "npm")
async def test_speedscope_takes_every_kind(taken: Taken, tmp_path: Path) -> None:
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(tmp_path), "speedscope"]
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    release = tmp_path / "node_modules/speedscope/dist/release"
    for file in taken.values():
        (release / file.name).write_bytes(file.read_bytes())
    with served(release) as address:
        async with browser_page(address) as page:
            for name, file in taken.items():
                await page.goto("about:blank")
                await page.goto(f"{address}/index.html#profileURL={address}/{file.name}&title={file.stem}")
                shown = await until(page, _LOADED)
                assert "Time Order" in shown, (name, shown)
