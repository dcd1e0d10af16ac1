"""``corvo agent`` beside another process, as root, as an ordinary user, and where the system lets it do less."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest

from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.errors import RemoteError
from corvo_agent.profiles.pprof.model import Label
from corvo_agent.profiles.pprof.reader import decode
from tests.profiles.spawn import LOADS, running, shares_of

pytestmark = pytest.mark.integration

NOBODY = "65534"


def ordinary_user() -> Sequence[str]:
    """How to run a program as somebody who is not root, but may read files of root: this clone and its interpreter."""
    if os.geteuid():
        return ()
    reading = ("--inh-caps", "+dac_override", "--ambient-caps", "+dac_override")
    return (_setpriv(), "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", *reading)


def without_the_capability() -> Sequence[str]:
    """How to run a program that may not look into those of root, or of another user."""
    if os.geteuid():
        return ()
    return (_setpriv(), "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace")


def _setpriv() -> str:
    found = shutil.which("setpriv")
    assert found is not None, "setpriv of util-linux is not on PATH"
    return found


@contextlib.contextmanager
def agent(pid: int, prefix: Sequence[str] = ()) -> Iterator[str]:
    """The address of an agent beside the process ``pid``."""
    command = [*prefix, sys.executable, "-m", "corvo_agent", "agent", "--module", "m", "--node", "n", "--pid", str(pid)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CORVO_")}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True) as process:
        try:
            assert process.stderr is not None
            yield next(record["address"] for record in map(json.loads, process.stderr) if "address" in record)
        finally:
            process.kill()


@pytest.mark.parametrize("user", [tuple, ordinary_user], ids=["whoever runs the tests", "an ordinary user"])
async def test_a_process_of_the_same_user_is_looked_into(user: type[tuple[str, ...]]) -> None:
    prefix = user()
    with running(*prefix, sys.executable, str(LOADS), "shares", "1") as target, agent(target.pid, prefix) as address:
        async with DiagnosticsClient(address) as client:
            assert shares_of(decode(await client.profile("profile", 0.5)), ["shares"]) == {"shares": 100}
            threads = decode(await client.profile("goroutine"))
            assert any(Label("tid", target.pid) in sample.labels for sample in threads.samples)
            facts = await client.stats()
            assert not [name for name, value in facts.items() if isinstance(value, dict) and "error" in value]
            assert facts["runtime"]["Pid"] == target.pid


@pytest.mark.parametrize(
    ("user", "advice"),
    [
        (without_the_capability, "give the agent the capability SYS_PTRACE"),
        (ordinary_user, "or run it as the user of process"),
    ],
)
async def test_a_process_that_may_not_be_looked_into_is_refused_with_what_to_allow(
    user: type[tuple[str, ...]], advice: str
) -> None:
    prefix = user()
    with contextlib.ExitStack() as stack:
        # For an ordinary user there is always one of root's, and for root a new one of its own.
        pid = 1 if os.geteuid() else stack.enter_context(running(sys.executable, str(LOADS), "idle", "1")).pid
        async with DiagnosticsClient(stack.enter_context(agent(pid, prefix))) as client:
            for kind in ("profile", "goroutine"):
                with pytest.raises(RemoteError, match=rf"reading the memory of process {pid} was refused") as refused:
                    await client.profile(kind, 1 if kind == "profile" else None)
                assert refused.value.code == "UNIMPLEMENTED"
                for words in (advice, "share a pid namespace"):
                    assert words in str(refused.value)
            facts = await client.stats()
    assert facts["cpustats"]["NumThreads"] >= 1
    if user is ordinary_user:
        assert f"only its own user and administrators may read that of process {pid}" in facts["io"]["error"]
        assert "run the agent as that user" in facts["io"]["error"]
