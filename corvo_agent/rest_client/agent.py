"""The agent of one Module, asked through a gateway."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import orjson

from ..diagnostics.client.typed_client import TypedClient
from ..diagnostics.messages.payloads import logs_payload, profile_payload, stats_payload, string_payload
from ..diagnostics.query import NOTHING, Payload
from ..errors import DecodeError, Unsupported
from .address import segment
from .failures import Refusal, error_of
from .transport import Transport

# Seconds that the gateway's own answer about a deadline has to arrive.
_GRACE = 2.0


class RestAgent(TypedClient):
    """Queries of the Module ``name`` over ``transport``, with the methods of ``DiagnosticsClient``.

    They raise what that raises, besides what ``Transport.call`` raises and NotFound for a Module that is not there.
    Of streams there is only that of the Log query.
    """

    def __init__(self, transport: Transport, name: str) -> None:
        self.name = name
        self.timeout = transport.timeout
        self._transport = transport

    async def debug(
        self,
        query: str,
        parameters: Mapping[str, str] | None = None,
        *,
        name: str = "",
        service_port: str = "",
        timeout: float | None = None,
    ) -> Payload:
        """One query, one answer; a message of a type of its own comes as its JSON in a protos.String."""
        seconds = self.timeout if timeout is None else timeout
        body: dict[str, Any] = {"query": query, "parameters": dict(parameters or {})}
        if service_port:
            body["service-port"] = {"name": service_port}
        module = name or self.name
        answer = await self._transport.call(
            "POST",
            f"/modules/{segment(module)}/Debug",
            body=body,
            query={"timeout": f"{seconds:.3f}s"},
            name=module,
            timeout=seconds + _GRACE,
        )
        return _payload(query, answer)

    async def stream(
        self,
        query: str,
        parameters: Mapping[str, str] | None = None,
        *,
        name: str = "",
        service_port: str = "",
        timeout: float | None = None,
    ) -> AsyncGenerator[Payload, None]:
        """The followed log, in the batches in which the agent gave it."""
        if query.lower() != "log" or service_port or timeout is not None:
            raise Unsupported(f"a stream of {query}", "a gateway follows logs, without a bound and a service port")
        module = name or self.name
        path = f"/watch/modules/{segment(module)}/logs"
        async for batch in self._transport.events(path, parameters or {}, name=module):
            records = [event["log"] for event in batch if isinstance(event.get("log"), dict)]
            if records:
                yield logs_payload(records)
            for event in batch:
                if "error" in event:
                    refusal = Refusal.of(200, event["error"])
                    status = int(event["error"].get("code") or 500)
                    raise error_of(refusal, self._transport.url, status, module)


def _payload(query: str, answer: Mapping[str, Any]) -> Payload:
    """The message that the gateway turned into JSON."""
    if "diagnostics" not in answer:
        return NOTHING
    value = answer["diagnostics"]
    keys = value.keys() if isinstance(value, dict) else ()
    try:
        if "logs" in keys:
            return logs_payload([entry.get("log") or {} for entry in value["logs"] or ()])
        if "buffer" in keys:
            return profile_payload(base64.b64decode(value["buffer"], validate=True))
        if "stats" in keys:
            return stats_payload(value["stats"])
        if "string" in keys:
            return string_payload(value["string"])
    except (TypeError, AttributeError, ValueError, binascii.Error) as error:
        raise DecodeError(f"the answer to {query}", f"it is no JSON of a Debug answer: {error}") from error
    # What is empty has no key to know its type by: nothing at all fits all of them.
    return NOTHING if value == {} else string_payload(orjson.dumps(value).decode())
