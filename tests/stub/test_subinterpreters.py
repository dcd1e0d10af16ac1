"""A subinterpreter gets no stub: with a thread in it, its end would be that of the whole process."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from tests.hub.kit import PATIENCE, connected, hub
from tests.stub.kit import runtime_folder

# As the pool of interpreters makes them, with a stub in the main one.
_ISOLATED = """
import sys
from corvo_agent import start
if sys.version_info < (3, 13):
    import _xxsubinterpreters as interpreters
else:
    import _interpreters as interpreters

handle = start("shop", node="node1")
made = interpreters.create()
interpreters.run_string(made, "from corvo_agent import start; import os; "
    "os.write(1, start('shop', node='node1').problem.encode() + b'\\\\n')")
"""
# As programs make them that embed Python; its start is run in it, too.
_SHARING = """
import sys
if sys.version_info < (3, 13):
    import _xxsubinterpreters as interpreters
    made = interpreters.create(isolated=False)
else:
    import _interpreters as interpreters
    made = interpreters.create("legacy")
interpreters.run_string(made, "import os; os.write(1, b'ran\\\\n')")
"""
_ENDS = """
sys.stdin.read()
interpreters.destroy(made)
print("goes on")
"""


@pytest.mark.parametrize(("program", "by_start", "said"), [(_ISOLATED, True, b"thread"), (_SHARING, False, b"ran\n")])
async def test_the_process_goes_on_when_it_ends(program: str, by_start: bool, said: bytes) -> None:
    with runtime_folder() as folder:
        command = [sys.executable, "-W", "ignore", "-c", program + _ENDS]
        if not by_start:
            run = ["-m", "corvo_agent", "run", "--module", "shop", "--node", "node1", "--"]
            command = [sys.executable, *run, *command]
        async with hub(folder, "1-node1-shop") as (workers, _), asyncio.timeout(PATIENCE):
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, "CORVO_RUNTIME_DIR": str(folder)},
            )
            assert process.stdout is not None
            assert said in await process.stdout.readline()
            await connected(workers, 1)
            assert (await process.communicate(b""))[0] == b"goes on\n"
        assert process.returncode == 0
