"""The process whose start counts is the one that was started by a supervisor or a person, not a worker below it."""

from __future__ import annotations

import os
import subprocess
import sys

from corvo_agent.hub.root import find_root, root_of
from corvo_agent.sidecar.target.process import process_identity

# A shell as a supervisor, a program, and a worker of it; each waits for its input to end.
_WORKER = "import sys; print(__import__('os').getpid(), flush=True); sys.stdin.read()"
_MASTER = (
    f"import os, subprocess, sys; print(os.getpid(), flush=True); subprocess.run([sys.executable, '-c', {_WORKER!r}])"
)


def test_the_root_is_the_topmost_process_of_the_same_program() -> None:
    with subprocess.Popen(
        ["sh", "-c", '"$@"; true', "sh", sys.executable, "-c", _MASTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        master, worker = (int(shell.stdout.readline()) for _ in range(2))
        assert root_of(worker) == root_of(master) == process_identity(master)
        find = find_root(lambda: [worker])
        assert find() == process_identity(master)
        before, own = find(), process_identity(worker)
        os.kill(master, 9)
        # The worker goes on, and with it what its start was.
        assert find() == before
        shell.stdin.close()
    # It ends about now.
    assert root_of(worker) in (None, own)
