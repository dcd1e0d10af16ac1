"""A gateway: whether it answers, lets this caller in, and knows the modules."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ...errors import CorvoError
from ..backends.protocol import Backend
from ..show.counted import counted
from .finding import Finding, Verdict, fault_of

_TOKEN = "give it a token by --gateway-token-file, of the role viewer at least: corvo token new"


async def check_gateway(backend: Backend, url: str) -> AsyncIterator[Finding]:
    """Ask it for the names of modules."""
    try:
        names = await backend.modules.names("", 10_000)
    except CorvoError as error:
        other = ", or does it expect https" if url.startswith("http://") else ""
        do = f"is it running, and is {url} where it answers{other}? corvo gateway --help"
        yield fault_of("gateway", error, do, _TOKEN)
        return
    yield Finding("gateway", Verdict.GOOD, f"{url} answers and lets you in, {counted(len(names), 'module')}")
