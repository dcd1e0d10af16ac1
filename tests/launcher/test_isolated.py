"""A Python that reads no PYTHONPATH joins the service by a line of a ``.pth`` file, which else does nothing."""

from __future__ import annotations

import asyncio
import os
import sys
import sysconfig
from pathlib import Path

import corvo_agent
from corvo_agent.launcher import isolated
from tests.hub.kit import PATIENCE, connected, hub
from tests.launcher.test_join import running
from tests.stub.kit import runtime_folder

_ROOT = Path(corvo_agent.__file__).parents[1]
_PROGRAM = "import os, sys; os.write(1, b'%d\\n' % os.getpid()); sys.stdin.read()"


def environment_of(folder: Path) -> str:
    """A Python with this package installed in it, as a wheel does that."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / "lib" / version / "site-packages"
    site.mkdir(parents=True)
    (site / "a.pth").write_text(f"{_ROOT}\n{sysconfig.get_path('purelib')}\n")
    (site / "corvo_agent.pth").write_bytes(Path(isolated.__file__).with_suffix(".pth").read_bytes())
    (folder / "pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix, 'bin')}\n")
    (folder / "bin").mkdir()
    program = folder / "bin" / version
    program.symlink_to(Path(sys.base_prefix, "bin", version))
    return str(program)


async def test_it_is_a_worker_of_the_service() -> None:
    with runtime_folder() as folder:
        python = environment_of(folder / "environment")
        async with (
            hub(folder, "1-node1-shop") as (workers, _),
            running(folder, python, "-I", "-c", _PROGRAM) as output,
        ):
            async with asyncio.timeout(PATIENCE):
                pid = int(await output.readline())
            await connected(workers, 1)
            assert workers.connected[0].pid == pid


async def test_nothing_is_imported_or_printed_where_it_has_no_service(tmp_path: Path) -> None:
    python = environment_of(tmp_path / "environment")
    for told in ({}, {"CORVO_RUN": "1"}, {"CORVO_RUN": "no number"}):
        process = await asyncio.create_subprocess_exec(
            *(python, "-I", "-c", "import sys; print('corvo_agent.stub' in sys.modules)"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"PATH": os.environ["PATH"], **told},
        )
        shown = (await process.communicate())[0].decode()
        assert shown == f"{bool(told)}\n"


async def test_a_name_that_there_cannot_be_does_not_keep_it_from_starting(tmp_path: Path) -> None:
    python = environment_of(tmp_path / "environment")
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", 'CORVO_RUN=$$ CORVO_MODULE="of no name" exec "$0" -E -c "print(1)"', python),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert (await process.communicate())[0] == b"1\n"
