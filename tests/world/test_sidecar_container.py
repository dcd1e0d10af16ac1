"""A sidecar in a container of its own, as ``corvo manifest kubernetes`` writes it: a pod of namespaces.

The two containers share the processes of the pod and a volume of logs, and have file systems of their own; the network
is that of the machine.
"""

from __future__ import annotations

import asyncio
import json
import shlex
import shutil
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest
import yaml

from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.errors import NotFound, Unavailable
from tests.certificates import Authority
from tests.cli.kit import corvo
from tests.faults.programs import Program, program_of
from tests.integration.corvo_processes import CORVO
from tests.kept_ports import kept_ports
from tests.other_user import NOBODY, as_user
from tests.stub.kit import PATIENCE, becomes

from .machine import needs
from .test_users_guide import url_of

pytestmark = needs("root", "unshare")
SERVICE = """
import json, time
with open("/var/log/pen-npm/pen-npm.log", "a", buffering=1) as log:
    print(json.dumps({"level": "info", "msg": "served"}), file=log)
    while True:
        time.sleep(0.1)
"""
GATEWAY = "corvo-gateway.shop.svc"


@pytest.fixture
def folder() -> Iterator[Path]:
    """What the pod gets: its volume of logs, certificates, and the service."""
    with tempfile.TemporaryDirectory(prefix="corvo-pod-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for each in ("logs", "tls", "service"):
            (folder / each).mkdir()
        shutil.chown(folder / "logs", int(NOBODY), int(NOBODY))
        (folder / "service" / "pen_npm.py").write_text(SERVICE)
        yield folder


@asynccontextmanager
async def pod() -> AsyncIterator[int]:
    """Namespaces that end with this; the number of their first process, as it is seen from here."""
    words = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", "echo up; read x")
    process = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE)
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"up\n"
        (first,) = psutil.Process(process.pid).children()
        yield first.pid
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


def container(pod: int, folder: Path, options: str, *command: str) -> tuple[str, ...]:
    """How to run a program in a container of its own: the volume, with ``options``, and certificates are mounted."""
    mounts = (
        "mount -t tmpfs tmpfs /var/log && mkdir /var/log/pen-npm && mkdir -p /tls && "
        f"mount --bind {folder}/logs /var/log/pen-npm && mount -o remount,bind,{options} /var/log/pen-npm && "
        f"mount --bind {folder}/tls /tls && cd {folder}/service && exec {shlex.join(command)}"
    )
    return ("nsenter", "--target", str(pod), "--mount", "--pid", "unshare", "--mount", "sh", "-c", mounts)


async def arguments(etcd: str, listen: str) -> list[str]:
    """Those of the sidecar in the manifest, but for the addresses of this machine, and how it finds the process."""
    made = await corvo(
        *(
            "manifest",
            "kubernetes",
            "--module",
            "pen-npm",
            "--etcd",
            etcd,
            "--cert-manager",
            "ca",
            "--namespace",
            "shop",
        )
    )
    objects = [each for each in yaml.safe_load_all(made.out) if each]
    (sidecar,) = [
        each
        for found in objects
        if found["kind"] == "Deployment" and "initContainers" in found["spec"]["template"]["spec"]
        for each in found["spec"]["template"]["spec"]["initContainers"]
    ]
    words = shlex.split(sidecar["args"][0])[2:]
    words[words.index("--listen") + 1] = listen
    words[words.index("--advertise") + 1] = listen
    words[words.index("--node") + 1] = "node1"
    return [*words, "--match", "python.* -m pen_npm"]


def certificates(folder: Path) -> tuple[str, ...]:
    """Those of the sidecar in its volume; the options of a gateway that has its own."""
    authority = Authority(folder)
    agent, gateway = authority.issue("127.0.0.1"), authority.issue(GATEWAY)
    for file, name in ((agent.cert, "tls.crt"), (agent.key, "tls.key"), (authority.path, "ca.crt")):
        shutil.copyfile(file, folder / "tls" / name)
        shutil.chown(folder / "tls" / name, int(NOBODY), int(NOBODY))
    return (
        *("--agent-ca", str(authority.path), "--agent-cert", str(gateway.cert), "--agent-key", str(gateway.key)),
        *("--listen", "127.0.0.1:0"),
    )


async def asked(url: str, *words: str) -> str:
    outcome = await corvo(*words, "--gateway", url)
    assert outcome.code == 0, outcome.err
    return outcome.out


async def test_a_sidecar_in_a_container_of_its_own_looks_into_the_service_beside_it(
    etcd: EmbeddedEtcd, folder: Path, free_address: str
) -> None:
    reach = certificates(folder)
    words = await arguments(etcd.endpoint, free_address)
    user = as_user(NOBODY)
    async with pod() as first:
        service = container(first, folder, "rw", *user, sys.executable, "-m", "pen_npm")
        sidecar = container(first, folder, "ro", *user, *CORVO, *words)
        async with (
            program_of("service", *service),
            program_of("agent", *sidecar) as agent,
            program_of("gateway", *CORVO, "gateway", "--etcd", etcd.endpoint, *reach) as gateway,
        ):
            try:
                async with asyncio.timeout(2 * PATIENCE):
                    await agent.logged("answers at")
                    await told(agent, await url_of(gateway))
            finally:
                # What was begun in the pod ends with its first process, and with nothing else.
                psutil.Process(first).kill()


async def told(agent: Program, url: str) -> None:
    """What it says of the service: its lines, its threads, and what it is."""

    async def has_served() -> bool:
        outcome = await corvo("logs", "node1-pen-npm", "--gateway", url)
        assert outcome.code in (0, NotFound.exit_code, Unavailable.exit_code), outcome.err
        return "served" in outcome.out

    # It answers before its Module is in etcd, and may be asked before the service beside it has begun.
    await becomes(has_served)
    assert "pen_npm" in await asked(url, "stats", "node1-pen-npm", "cmdline")
    # Profiles need the memory of the process beside it: the same user, and a shared pid namespace.
    assert "pen_npm.py" in await asked(url, "stacks", "node1-pen-npm")
    lines = [json.loads(line) for line in agent.lines if line.startswith("{")]
    assert not [line for line in lines if line["level"] in ("error", "fatal")]


@pytest.fixture
def free_address() -> Iterator[str]:
    """Where the sidecar listens, which its manifest has it announce."""
    with kept_ports(1) as (port,):
        yield f"127.0.0.1:{port}"
