"""A peer of the original, made of grpcio: exact queries in lower case, no stream, its own parameters only."""

from __future__ import annotations

from typing import Any

import grpc
import grpc.aio

from tests.foreign_peer import Messages, Server

Record = dict[str, str]


class Original(Server):
    """Answers ``log``, ``stats`` and ``action``; what else it is asked is unknown, under the code UNKNOWN.

    ``records`` is its log. As the earlier original it gives the newest ``lines`` of it; with ``searches`` as the later
    one, which asks an index: those of a ``day`` from a place on, the oldest first.
    """

    def __init__(self, messages: Messages, *, searches: bool = False) -> None:
        super().__init__(messages)
        self.records: list[Record] = []
        self.searches = searches

    def handlers(self) -> grpc.GenericRpcHandler:
        codec = {
            "request_deserializer": self._messages["diagnostics.DiagnosticsRequest"].FromString,
            "response_serializer": lambda message: message.SerializeToString(),
        }
        methods = {"Debug": grpc.unary_unary_rpc_method_handler(self._debug, **codec)}
        return grpc.method_handlers_generic_handler("protos.Diagnostics", methods)

    async def _debug(self, request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        self.seen.append(request)
        parameters = dict(request.Parameters)
        match request.Query:
            case "log":
                return self._messages.response(self._found(parameters))
            case "stats":
                return self._stats(parameters)
            case "action":
                await self._refuse_action(parameters, context)
                return self._messages.response(self._messages["protos.String"](Content='"{}"'))
        return await context.abort(grpc.StatusCode.UNKNOWN, f"unknown query: {request.Query}")

    def _stats(self, parameters: Record) -> Any:
        if parameters.get("action") == "clear":
            return self._messages["diagnostics.DiagnosticsResponse"]()
        known = {"cmdline": '["/bin/pen"]', "cpustats": '{"NumCPUs":16,"NumGoroutines":170,"NumCgoCalls":1}'}
        wanted = parameters.get("expvar", "")
        chosen = {name: value for name, value in known.items() if wanted in ("", name)}
        return self._messages.response(self._messages["protos.Stats"](Stats=chosen))

    async def _refuse_action(self, parameters: Record, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        name = parameters.get("action", "")
        if not name:
            await context.abort(grpc.StatusCode.UNKNOWN, "Action not specified")
        if name != "list-objects":
            text = f"[{name}] action is unknown. Valid actions are [list-objects]"
            await context.abort(grpc.StatusCode.UNKNOWN, text)

    def _found(self, parameters: Record) -> Any:
        made = self._messages["protos.Logs"]()
        for record in self._page(parameters):
            made.Logs.add().Log.update(record)
        return made

    def _page(self, parameters: Record) -> list[Record]:
        if not self.searches:
            lines = int(parameters.get("lines", "1000"))
            return self.records[max(len(self.records) - lines, 0) :]
        day = parameters.get("day", "")
        there = [record for record in self.records if record["ts"].startswith(day)]
        first, size = int(parameters.get("from", "0")), int(parameters.get("max-results", "300"))
        return there[first : first + size]
