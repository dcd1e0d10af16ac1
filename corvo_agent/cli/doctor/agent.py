"""The agent of a module: whether it is found, answers, and can read what it is asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ...diagnostics.client.typed_client import TypedClient
from ...errors import CorvoError, NotFound
from ...logs.lines.marker import is_marker
from .finding import Finding, Verdict, fault_of

_REFUSED = "the agent answers its own user, root and those of --allow-user, or asks for a certificate: --tls-cert"
# Who is shown its statistics is let in.
_NOT_ITS_LOG = "a log takes the role reader: ask with a token of it, --gateway-token-file"
_UNKNOWN = "corvo ls lists the modules that there are; is its agent, or the writer, running?"
_AWAY = (
    "is its process running, is its address one that this machine can dial (corvo modules get NAME), and does it expect"
    " TLS (--tls-ca, --tls-cert and --tls-key)?"
)


async def check_agent(client: TypedClient, name: str) -> AsyncIterator[Finding]:
    """Ask it for its statistics, for one line of its log, and for its level."""
    try:
        stats = await client.stats()
    except NotFound as error:
        yield fault_of("agent", error, _UNKNOWN, _REFUSED)
        return
    except CorvoError as error:
        yield fault_of("agent", error, _AWAY, _REFUSED)
        return
    agent: Any = stats.get("agent")
    about = agent if isinstance(agent, dict) else {}
    yield Finding("agent", Verdict.GOOD, f"{name} answers at {about.get('address') or 'its address'}")
    level = about.get("level")
    if level:
        yield Finding("level", Verdict.GOOD, f"{level} is in force ({about.get('source', '?')})")
    else:
        yield Finding("level", Verdict.NOTE, "not told: it is no agent of ours, or an older one")
    yield await _log(client)


async def _log(client: TypedClient) -> Finding:
    try:
        lines = await client.logs(lines=1)
    except CorvoError as error:
        return fault_of("its log", error, "name its log file: corvo agent --log-file FILE", _NOT_ITS_LOG)
    remarks = [line["msg"] for line in lines if is_marker(line)]
    if len(lines) == len(remarks) == 0:
        return Finding("its log", Verdict.NOTE, "no line yet", "has the service written one, and into that file?")
    return Finding("its log", Verdict.NOTE if remarks else Verdict.GOOD, "; ".join(remarks) or "it reads lines")
