"""The agent of a smart NIC, which is asked as the original asks it: HTTPS to the proxy of its node, text back."""

from __future__ import annotations

import ssl as _ssl
from collections.abc import AsyncGenerator, Mapping
from http import HTTPStatus
from typing import Any

from ..diagnostics.client.payload_client import PayloadClient
from ..diagnostics.messages.payloads import text_payload
from ..diagnostics.query import Payload
from ..errors import ProxyRefused, Unsupported, shorten
from .transport import Transport

_PATH = "/api/diagnostics/"
# Characters of a refusal that is no api.Status: some programs answer with a page of HTML.
_SHOWN = 300


class NaplesClient(PayloadClient):
    """Asks through the proxy at ``url`` (``https://HOST:PORT``); ``name`` is the Module where a call names none.

    ``ssl`` says which authorities count and what is shown to the proxy, None the system's and nothing;
    ``server_hostname`` is the name that its certificate has to show where it is not the address; ``timeout`` (seconds)
    is for calls that bring none.

    The answer to any query is the text of the proxy, as an api.Interface: whoever asks has to know what it holds. Calls
    raise ProxyRefused for an answer other than 200, and what ``Transport.exchange`` raises.
    """

    def __init__(
        self,
        url: str,
        name: str = "",
        *,
        ssl: _ssl.SSLContext | None = None,
        server_hostname: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        self.address = url
        self.name = name
        self.timeout = timeout
        self._ssl = ssl
        self._server_hostname = server_hostname

    async def aclose(self) -> None:
        """Nothing stays open between calls."""

    async def debug(
        self,
        query: str,
        parameters: Mapping[str, str] | None = None,
        *,
        name: str = "",
        service_port: str = "",
        timeout: float | None = None,
    ) -> Payload:
        """One query, one answer, over a connection of its own."""
        body = _request(query, parameters or {}, name or self.name, service_port)
        transport = Transport(
            self.address, ssl=self._ssl, server_hostname=self._server_hostname, timeout=self.timeout, prefix=""
        )
        async with transport:
            answer = await transport.exchange("POST", _PATH, body=body, timeout=timeout)
        text = answer.content.decode("utf-8", "replace")
        if answer.status != HTTPStatus.OK:
            refusal = answer.refusal()
            said = shorten(text, _SHOWN) if refusal is None else refusal.text
            raise ProxyRefused(self.address, answer.status, said)
        return text_payload(text)

    def stream(
        self,
        query: str,
        parameters: Mapping[str, str] | None = None,
        *,
        name: str = "",
        service_port: str = "",
        timeout: float | None = None,
    ) -> AsyncGenerator[Payload, None]:
        """Raises Unsupported: a proxy answers once."""
        raise Unsupported(f"following {query}", "the proxy of a smart NIC's node answers once")


def _request(query: str, parameters: Mapping[str, str], name: str, service_port: str) -> dict[str, Any]:
    """A diagnostics.DiagnosticsRequest as Go writes it: what it cannot leave out is there, empty."""
    meta = {"name": name, "generation-id": "", "creation-time": "", "mod-time": ""}
    port = {"name": service_port} if service_port else {}
    asked = {"query": query} if query else {}
    given = {"parameters": dict(parameters)} if parameters else {}
    return {"kind": "", "meta": meta, **asked, "service-port": port, **given}
