"""The etcds that this machine has besides the one of the extra, by version, and getting those that Debian has.

``python -m tests.world.etcds`` unpacks Debian's packages below ``ROOT``, without installing them and without rights.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from corvo_agent.embedded import EtcdBinaries, find_etcd

_CACHES = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
#: Each folder in it holds the ``etcd`` and ``etcdctl`` of one version.
ROOT = Path(os.environ.get("ETCDS_ROOT") or _CACHES / "corvo-agent-etcds")
#: 3.4, and two of 3.5.16 and later: the first answers some errors as those before it do.
SUITES = ("bookworm", "trixie", "sid")
#: What tests need by name, and the versions that serve. From 3.5.16 on errors have another form.
NEWER = "etcd 3.5.16 or later"
SERIES = {"etcd 3.4": ((3, 4), (3, 5)), NEWER: ((3, 5, 16), (4,))}
#: The need of a test with an etcd that is of none of them and behaves as that of the extra does.
ANOTHER = "another etcd"
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


@functools.cache
def version_of(program: Path) -> tuple[int, ...]:
    """What ``etcd --version`` says."""
    said = subprocess.run((program, "--version"), capture_output=True, text=True, check=True, timeout=20).stdout
    found = re.search(r"^etcd Version: ([0-9.]+)", said, re.MULTILINE)
    assert found is not None, said
    return tuple(map(int, found.group(1).split(".")))


def series_of(version: tuple[int, ...]) -> str:
    """The name in ``SERIES``, ``ANOTHER`` for a version that is in none."""
    return next((name for name, (first, end) in SERIES.items() if first <= version < end), ANOTHER)


@functools.cache
def other_etcds() -> dict[tuple[int, ...], EtcdBinaries]:
    """What PATH and ``ROOT`` hold, without scripts of Python packages and without the extra's version."""
    found = {}
    for folder in (*sorted(ROOT.glob("*")), *map(Path, os.get_exec_path())):
        program = folder / "etcd"
        if program.is_file() and program.read_bytes()[:4] == b"\x7fELF":
            found[version_of(program)] = EtcdBinaries(program, folder / "etcdctl")
    found.pop(version_of(find_etcd().etcd), None)
    return dict(sorted(found.items()))


def has_series(name: str) -> bool:
    """Whether an etcd of that series, or ``ANOTHER``, is there."""
    return any(series_of(version) == name for version in other_etcds())


def bring(suite: str) -> str:
    """Unpack the etcd of a suite of Debian; the folder, or why there is none."""
    with tempfile.TemporaryDirectory(dir=ROOT) as name:
        scratch = Path(name)
        for folder in ("lists/partial", "cache/archives/partial"):
            (scratch / folder).mkdir(parents=True)
        (scratch / "sources.list").write_text(f"deb [signed-by={_KEYRING}] {_mirror()} {suite} main\n")
        options = [
            *("-o", f"Dir::Etc::sourcelist={scratch}/sources.list", "-o", "Dir::Etc::sourceparts=-"),
            *("-o", f"Dir::State::lists={scratch}/lists", "-o", f"Dir::Cache={scratch}/cache"),
            *("-o", "APT::Sandbox::User=root"),
        ]
        for arguments in (["update", "-qq"], ["download", "-qq", "etcd-server", "etcd-client"]):
            done = subprocess.run(
                ("apt-get", *options, *arguments), cwd=scratch, capture_output=True, text=True, timeout=300
            )
            if done.returncode:
                return f"no etcd of {suite}: {(done.stderr.strip().splitlines() or ['apt-get failed'])[-1]}"
        for package in scratch.glob("*.deb"):
            subprocess.run(("dpkg-deb", "-x", package, scratch), check=True)
        programs = scratch / "usr/bin"
        kept = ROOT / ".".join(map(str, version_of(programs / "etcd")))
        kept.mkdir(exist_ok=True)
        for program in ("etcd", "etcdctl"):
            (programs / program).replace(kept / program)
    return str(kept)


def _mirror() -> str:
    """Where this machine gets its packages of Debian from."""
    said = subprocess.run(("apt-get", "indextargets", "--format", "$(SITE)"), capture_output=True, text=True).stdout
    sites = [site for site in said.split() if site.rstrip("/").endswith("debian")]
    return sites[0] if sites else said.split()[0]


if __name__ == "__main__":
    ROOT.mkdir(parents=True, exist_ok=True)
    for each in SUITES:
        sys.stdout.write(f"{bring(each)}\n")
