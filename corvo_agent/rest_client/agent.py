"""The agent of one Module, asked through a gateway."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson

from ..diagnostics.client.typed_client import TypedClient
from ..errors import DecodeError
from .address import segment
from .failures import Refusal, error_of
from .transport import Transport

# Seconds that the gateway's own answer about a deadline has to arrive.
_GRACE = 2.0


class RestAgent(TypedClient):
    """Queries of the Module ``name`` over ``transport``, with the typed methods of ``DiagnosticsClient``.

    They raise what those raise, besides what ``Transport.call`` raises and NotFound for a Module that is not there.
    """

    def __init__(self, transport: Transport, name: str) -> None:
        self.name = name
        self.timeout = transport.timeout
        self._transport = transport

    async def ask(
        self, query: str, parameters: Mapping[str, str] | None = None, *, name: str = "", timeout: float | None = None
    ) -> dict[str, Any]:
        """The JSON of the message that answers ``query``, {} for an empty one or none at all."""
        seconds = self.timeout if timeout is None else timeout
        module = name or self.name
        answer = await self._transport.call(
            "POST",
            f"/modules/{segment(module)}/Debug",
            body={"query": query, "parameters": dict(parameters or {})},
            query={"timeout": f"{seconds:.3f}s"},
            name=module,
            timeout=seconds + _GRACE,
        )
        value = answer.get("diagnostics", {})
        if isinstance(value, dict):
            return value
        # A scalar is the JSON of an api.Interface, the one message whose JSON is not an object: a text as it is.
        return {"string": value if isinstance(value, str) else orjson.dumps(value).decode()}

    async def follow(
        self, parameters: Mapping[str, str] | None = None, *, name: str = ""
    ) -> AsyncGenerator[list[dict[str, str]], None]:
        """The followed log, in the batches in which the agent gave it."""
        module = name or self.name
        path = f"/watch/modules/{segment(module)}/logs"
        async for batch in self._transport.events(path, parameters or {}, name=module):
            records = [event["log"] for event in batch if isinstance(event.get("log"), dict)]
            if records:
                yield records
            # After the lines that stand before it: an error ends the batch.
            for event in batch:
                if "error" in event:
                    refusal = Refusal.of(200, event["error"])
                    status = int(event["error"].get("code") or 500)
                    raise error_of(refusal, self._transport.url, status, module)

    async def run_action(
        self, action: str, parameters: Mapping[str, str], *, name: str = "", timeout: float | None = None
    ) -> str:
        """Run ``action``: its text; a message of a type of its own comes as its JSON."""
        value = await self.ask("Action", {**parameters, "action": action}, name=name, timeout=timeout)
        text = value.get("string", "")
        return text if isinstance(text, str) and value.keys() <= {"string"} else orjson.dumps(value).decode()

    async def _logs(self, parameters: Mapping[str, str], timeout: float | None) -> list[dict[str, str]]:
        with _shape("protos.Logs"):
            entries = _only("logs", await self.ask("Log", parameters, timeout=timeout))
            return [_texts(entry.get("log")) for entry in entries or ()]

    async def _stats(self, parameters: Mapping[str, str], timeout: float | None) -> dict[str, str]:
        with _shape("protos.Stats"):
            return _texts(_only("stats", await self.ask("Stats", parameters, timeout=timeout)))

    async def _profile(self, parameters: Mapping[str, str], timeout: float | None) -> bytes:
        with _shape("protos.Profile"):
            buffer = _only("buffer", await self.ask("Profile", parameters, timeout=timeout))
            return base64.b64decode(buffer or "", validate=True)


@contextmanager
def _shape(message: str) -> Iterator[None]:
    """JSON of another shape than that of ``message`` is a DecodeError."""
    try:
        yield
    except (TypeError, AttributeError, ValueError) as error:
        raise DecodeError(message, f"malformed JSON of a Debug answer: {error}") from error


def _only(key: str, value: Mapping[str, Any]) -> Any:
    """The member ``key``, which is absent when it is empty; TypeError for a message that has others."""
    if others := sorted(value.keys() - {key}):
        raise TypeError(f"the answer holds {others[0]}")
    return value.get(key)


def _texts(value: Any) -> dict[str, str]:
    """A map<string,string>, absent when it is empty."""
    found: dict[str, str] = value or {}
    if not all(isinstance(text, str) for text in found.values()):
        raise TypeError("a value that is not a string")
    return found
