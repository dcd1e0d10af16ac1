"""A server that speaks the Kubernetes list and watch protocol for the pods of one namespace."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

Pod = dict[str, Any]


class KubernetesServer:
    """Pods, their history, and ways to misbehave."""

    def __init__(self) -> None:
        self.pods: dict[str, Pod] = {}
        self.version = 1
        self.history: list[tuple[int, dict[str, Any]]] = []
        self.oldest = 0
        self.lists = self.watches = 0
        self.refuse: int | None = None
        self.page_size: int | None = None
        #: The answer to a watch of a version that is too old: a line in the stream, or this status.
        self.expired_status = 200
        #: A line that takes the place of the next event.
        self.raw: bytes | None = None
        #: The versions that watches began at, and the credentials that came.
        self.resumed: list[int] = []
        self.tokens: set[str] = set()
        self._moved = asyncio.Condition()
        self._connections = 0
        self._cut = self._ended = 0
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[KubernetesServer]:
        app = web.Application()
        app.router.add_get("/api/v1/namespaces/{namespace}/pods", self._pods)
        server = TestServer(app)
        await server.start_server()
        self.url = f"http://127.0.0.1:{server.port}"
        yield self
        await self.cut()
        await server.close()

    async def put(self, pod: Pod) -> None:
        known = pod["metadata"]["name"] in self.pods
        await self._record("MODIFIED" if known else "ADDED", pod)
        self.pods[pod["metadata"]["name"]] = pod

    async def delete(self, name: str) -> None:
        await self._record("DELETED", self.pods.pop(name))

    async def bookmark(self) -> None:
        await self._record("BOOKMARK", {"kind": "Pod", "metadata": {}})

    async def forget_history(self) -> None:
        """Every version before the current one is too old for a watch from now on; open ones are cut."""
        self.oldest = self.version
        await self.cut()

    async def cut(self) -> None:
        """Break every open watch without a word."""
        async with self._moved:
            self._cut = self._connections
            self._moved.notify_all()

    async def end_watches(self) -> None:
        """End every open watch as the server does when its time is over."""
        async with self._moved:
            self._ended = self._connections
            self._moved.notify_all()

    async def wait_watches(self, count: int) -> None:
        async with self._moved:
            await self._moved.wait_for(lambda: self.watches >= count)

    async def _record(self, kind: str, pod: Pod) -> None:
        async with self._moved:
            self.version += 1
            pod["metadata"]["resourceVersion"] = str(self.version)
            self.history.append((self.version, {"type": kind, "object": json.loads(json.dumps(pod))}))
            self._moved.notify_all()

    async def _pods(self, request: web.Request) -> web.StreamResponse:
        self.tokens.add(request.headers.get("Authorization", ""))
        if self.refuse is not None:
            status = {"kind": "Status", "message": "refused by the test", "code": self.refuse}
            return web.json_response(status, status=self.refuse)
        if request.query.get("watch") in ("true", "True", "1"):
            return await self._watch(request)
        self.lists += 1
        items = [self.pods[name] for name in sorted(self.pods)]
        start = int(request.query.get("continue") or 0)
        end = start + (self.page_size or len(items) or 1)
        metadata = {"resourceVersion": str(self.version)}
        if end < len(items):
            metadata["continue"] = str(end)
        return web.json_response({"kind": "PodList", "metadata": metadata, "items": items[start:end]})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        sent = int(request.query["resourceVersion"])
        gone = {"kind": "Status", "reason": "Expired", "message": "too old resource version", "code": 410}
        if sent < self.oldest and self.expired_status != 200:
            return web.json_response(gone, status=self.expired_status)
        await response.prepare(request)
        if sent < self.oldest:
            await response.write(json.dumps({"type": "ERROR", "object": gone}).encode() + b"\n")
            return response
        self._connections += 1
        number = self._connections
        self.resumed.append(sent)
        async with self._moved:
            self.watches += 1
            self._moved.notify_all()
        while True:
            news = await self._news(sent, number)
            if not news and self._cut < number:
                return response
            if not news:
                assert request.transport is not None
                request.transport.abort()
                return response
            for version, event in news:
                line, self.raw = self.raw or json.dumps(event).encode(), None
                await response.write(line + b"\n")
                sent = version

    async def _news(self, sent: int, connection: int) -> list[tuple[int, dict[str, Any]]]:
        """What came after version ``sent``; nothing when the connection is to be cut."""
        async with self._moved:
            await self._moved.wait_for(lambda: self.version > sent or max(self._cut, self._ended) >= connection)
            return [(version, event) for version, event in self.history if version > sent]


def write_kubeconfig(path: Path, server: str, *, token: str = "") -> Path:
    """A kubeconfig with one context, for ``server``."""
    document = {
        "clusters": [{"name": "test", "cluster": {"server": server}}],
        "users": [{"name": "test", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    }
    path.write_text(json.dumps(document))  # JSON is YAML
    return path


def pod(name: str, *, node: str = "node1", containers: tuple[str, ...] = ("billing",), **extra: Any) -> Pod:
    """A pod as the API server shows it; ``restarts`` and ``reason`` fill the status of every container."""
    last = {"terminated": {"reason": extra["reason"], "exitCode": 137}} if "reason" in extra else {}
    return {
        "metadata": {
            "name": name,
            "uid": name,
            "creationTimestamp": extra.get("created", "2026-01-01T00:00:00Z"),
        },
        "spec": {
            "nodeName": node,
            "containers": [
                {"name": container, "ports": [{"name": "grpc", "containerPort": 9010}]} for container in containers
            ],
        },
        "status": {
            "hostIP": extra.get("host_ip", "10.0.0.1"),
            "containerStatuses": [
                {
                    "name": container,
                    "restartCount": extra.get("restarts", 0),
                    "state": {"running": {"startedAt": "2026-01-01T00:00:05Z"}},
                    "lastState": last,
                }
                for container in containers
            ],
        },
    }
