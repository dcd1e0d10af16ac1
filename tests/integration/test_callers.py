"""An agent and a gateway answer their own user, root, and those that they are told of: real processes, two users."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from corvo_agent.access.roles import Role
from corvo_agent.access.tokens import new_token
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.tls import client_ssl
from corvo_agent.errors import RemoteError
from tests.certificates import Authority, Identity
from tests.other_user import NOBODY, as_nobody
from tests.world.machine import needs

pytestmark = pytest.mark.integration

LISTEN = ["--listen", "127.0.0.1:0"]


@contextmanager
def agent(log: Path, *options: str, prefix: Sequence[str] = ()) -> Iterator[tuple[str, list[str]]]:
    """The address of an agent over ``log``, and the lines of its own log until it served."""
    command = [*prefix, sys.executable, "-m", "corvo_agent", "agent", "--module", "m", "--node", "n"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CORVO_")}
    command += ["--log-file", str(log), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True) as process:
        try:
            assert process.stderr is not None
            lines: list[str] = []
            for line in process.stderr:
                lines.append(line)
                if "address" in json.loads(line):
                    break
            yield json.loads(lines[-1])["address"], lines
        finally:
            # It writes its audit to the end then.
            process.terminate()


def ask_as_nobody(address: str) -> tuple[int, str]:
    """Exit code and error of ``corvo logs`` at ``address``, run by another user."""
    command = [*as_nobody(), sys.executable, "-m", "corvo_agent", "logs", "n-m", "--address", address]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CORVO_")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=100, check=False)
    return done.returncode, done.stderr


async def lines_at(address: str) -> int:
    """How many lines this process is shown at ``address``."""
    async with DiagnosticsClient(address) as client:
        return len(await client.logs())


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "m.log"
    path.write_text('{"level":"info","msg":"hello"}\n')
    return path


@needs("root")
async def test_another_user_is_refused_over_loopback_until_it_is_allowed(log: Path) -> None:
    with agent(log, *LISTEN) as (address, _):
        assert await lines_at(address) == 1
        code, error = await asyncio.to_thread(ask_as_nobody, address)
        assert code == 5
        for text in (f"uid {NOBODY}", "uid 0 (root)", "--allow-user"):
            assert text in error
    with agent(log, *LISTEN, "--allow-user", NOBODY) as (address, _):
        assert await asyncio.to_thread(ask_as_nobody, address) == (0, "")


@needs("root")
async def test_root_may_ask_the_agent_of_another_user(log: Path) -> None:
    with agent(log, *LISTEN, prefix=as_nobody()) as (address, _):
        assert await lines_at(address) == 1


@needs("root")
async def test_a_unix_socket_is_for_its_owner_or_a_group(log: Path, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with agent(log, "--listen", f"unix:{path}") as (address, _):
        assert stat_of(path)[0] == 0o600
        assert await lines_at(address) == 1
    with agent(log, "--listen", f"unix:{path}", "--socket-group", NOBODY) as (address, _):
        assert stat_of(path) == (0o660, int(NOBODY))
        # As the group says who may open it, all of those are answered.
        assert await asyncio.to_thread(ask_as_nobody, address) == (0, "")


def stat_of(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mode & 0o777, found.st_gid


def audited(path: Path) -> list[tuple[str, str, str]]:
    """Who did what in an audit file, and how it ended."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert {line["from"] for line in lines} == {"127.0.0.1"}
    return [(line["who"], line.get("query", line["action"]), line["result"]) for line in lines]


async def test_tokens_and_certificates_open_an_agent_to_their_roles(log: Path, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "corvo")
    server, gateway, other = (authority.issue(name) for name in ("127.0.0.1", "gateway.test", "other.test"))
    token, line = new_token(Role.READER, "oncall", None)
    tokens = tmp_path / "tokens"
    tokens.touch(0o600)
    tokens.write_text(line)
    audit = tmp_path / "audit"
    with agent(log, *LISTEN, "--caller-token-file", str(tokens), "--audit-file", str(audit)) as (address, _):
        async with DiagnosticsClient(address, metadata=lambda: {"authorization": f"Bearer {token}"}) as client:
            assert len(await client.logs()) == 1
            with pytest.raises(RemoteError, match="takes the role operator, oncall is reader"):
                await client.profile("cmdline")
        async with DiagnosticsClient(address) as client:
            with pytest.raises(RemoteError, match="token") as caught:
                await client.stats()
            assert caught.value.exit_code == 5
    refused = "/protos.Diagnostics/Debug", "refused"
    assert audited(audit) == [("oncall", "Log", "ok"), ("oncall", *refused), ("unknown", *refused)]
    tls = ["--tls-cert", str(server.cert), "--tls-key", str(server.key), "--tls-client-ca", str(authority.path)]
    tls += [
        "--allow-client",
        "gateway.test",
        "--trust-gateway",
        "gateway.test",
        "--audit-file",
        str(tmp_path / "second"),
    ]
    with agent(log, *LISTEN, *tls) as (address, _):

        def client_of(shown: Identity) -> DiagnosticsClient:
            said = {"corvo-caller": "oncall", "corvo-role": "viewer"}
            context = client_ssl(authority.path, shown.cert, shown.key)
            return DiagnosticsClient(address, ssl=context, metadata=lambda: said)

        async with client_of(gateway) as client:
            assert "cmdline" in await client.stats()
            with pytest.raises(RemoteError, match=r"oncall by gateway\.test is viewer"):
                await client.logs()
        async with client_of(other) as client:
            with pytest.raises(RemoteError, match=r"other\.test.*--allow-client"):
                await client.stats()
    asked = [("oncall by gateway.test", "Stats", "ok"), ("oncall by gateway.test", *refused), ("other.test", *refused)]
    assert audited(tmp_path / "second") == asked
