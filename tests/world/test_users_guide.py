"""The guide to two users of one machine, done as it says: its own commands, with users that this machine has."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path

import pytest

from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.errors import NotFound, Unavailable
from tests.faults.programs import Program, program_of
from tests.integration.corvo_processes import CORVO
from tests.other_user import as_user
from tests.stub.kit import becomes

from .machine import needs

pytestmark = needs("root")
GUIDE = Path(__file__).parents[2] / "corvo_agent/guides/how-to/users.md"
#: Those of the guide, and the names and numbers of users that every Debian has.
USERS = {"npm": ("daemon", "1"), "corvo": ("nobody", "65534"), "ada": ("games", "5")}


class Guide:
    """Commands of the guide, with what is another here than there in its place."""

    def __init__(self, etcd: str, folder: Path) -> None:
        text = GUIDE.read_text().replace("\\\n", " ")
        self.commands = re.findall(r"^corvo (.*)$", "\n".join(re.findall(r"```sh\n(.*?)```", text, re.S)), re.M)
        self.commands += re.findall(r"`corvo (gateway [^`]*)`", text)
        self._here = {
            "http://127.0.0.1:2379": etcd,
            "/var/log/pen-npm.log": str(folder / "pen-npm.log"),
            "/run/corvo": str(folder / "run"),
            "uid 991 (corvo)": "uid 65534 (nobody)",
            "corvo": "nobody",
            "ada": "games",
            "bob": "man",
            "operators": "daemon",
        }

    def command(self, begins: str, having: str) -> list[str]:
        """The one command that begins so, and has this word."""
        (found,) = [words for each in self.commands if (words := shlex.split(each))[0] == begins and having in words]
        return [self._in_its_place(word) for word in found]

    def _in_its_place(self, word: str) -> str:
        for there, here in self._here.items():
            if word == there or (there.startswith("/") and there in word):
                return word.replace(there, here)
        return word


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below the folder of pytest, which is root's alone: a log, and a folder for sockets, of the agent's user."""
    with tempfile.TemporaryDirectory(prefix="corvo-users-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "run").mkdir()
        (folder / "pen-npm.log").write_text('{"level":"info","msg":"hello"}\n')
        for each in folder.iterdir():
            shutil.chown(each, 1, 1)
        yield folder


@pytest.fixture
def guide(etcd: EmbeddedEtcd, folder: Path) -> Guide:
    return Guide(etcd.endpoint, folder)


def of(user: str, group: str = "") -> tuple[str, ...]:
    """How to run a program as a user of the guide, who is in another group than an own one."""
    uid = USERS[user][1]
    words = list(as_user(uid))
    if group:
        words[words.index("--regid") + 1] = group
    return tuple(words)


async def run(user: tuple[str, ...], *words: str) -> tuple[int, str]:
    """A command of a user: its exit code, and what it says."""
    process = await asyncio.create_subprocess_exec(*user, *CORVO, *words, stdout=PIPE, stderr=asyncio.subprocess.STDOUT)
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def when_known(user: tuple[str, ...], *words: str) -> tuple[int, str]:
    """The same for a command about a Module, once that is in etcd with its address: an agent answers before."""
    found: list[tuple[int, str]] = []

    async def known() -> bool:
        found.append(await run(user, *words))
        return found[-1][0] not in (NotFound.exit_code, Unavailable.exit_code)

    await becomes(known)
    return found[-1]


async def url_of(gateway: Program) -> str:
    return (await gateway.logged("serving ")).partition("serving ")[2].split()[0].rstrip(",")


async def test_a_gateway_and_an_agent_of_two_users(guide: Guide, etcd: EmbeddedEtcd) -> None:
    words = guide.command("agent", "--trust-gateway")
    serving = [*guide.command("gateway", "--allow-user"), "--etcd", etcd.endpoint, "--listen", "127.0.0.1:0"]
    async with program_of("gateway", *of("corvo"), *CORVO, *serving) as gateway:
        url = await url_of(gateway)
        at_first = words[: words.index("--allow-user")]
        async with program_of("agent", *of("npm"), *CORVO, *at_first) as agent:
            await agent.logged("answers at")
            code, out = await when_known(of("ada"), "stats", "node1-pen-npm", "cmdline", "--gateway", url)
            assert code != 0
            for told in ("PERMISSION_DENIED", "uid 65534 (nobody)", "uid 1 (daemon)", "--allow-user"):
                assert told in out
        async with program_of("agent", *of("npm"), *CORVO, *words) as agent:
            await agent.logged("answers at")
            code, out = await when_known(of("ada"), "stats", "node1-pen-npm", "cmdline", "--gateway", url)
            assert code == 0, out
            # The name of the person, not that of the gateway.
            line = json.loads(await agent.logged('\\"action\\":\\"debug\\"'))["msg"]
            assert "uid 5 (games)" in line
            code, out = await run(of("npm"), "ls", "--gateway", url)
            assert (code != 0, "uid 1 (daemon)" in out) == (True, True)


async def test_a_socket_in_place_of_a_port(guide: Guide, etcd: EmbeddedEtcd) -> None:
    words = [*guide.command("agent", "--socket-group"), "--etcd", etcd.endpoint, "--allow-user", "nobody"]
    asked = guide.command("logs", "--address")
    asked.remove("-f")
    serving = [*guide.command("gateway", "--allow-socket"), "--allow-user", "games", "--listen", "127.0.0.1:0"]
    in_group = USERS["npm"][1]
    async with program_of("agent", *of("npm"), *CORVO, *words) as agent:
        await agent.logged("answers at")
        code, out = await run(of("ada", in_group), *asked)
        assert (code, "hello" in out) == (0, True), out
        # The file system keeps those away who are not in the group.
        code, out = await run(of("ada"), *asked)
        assert code != 0, out
        async with program_of("gateway", *of("corvo", in_group), *CORVO, *serving) as gateway:
            url = await url_of(gateway)
            code, out = await when_known(of("ada"), "logs", "node1-pen-npm", "--gateway", url)
            assert (code, "hello" in out) == (0, True), out
