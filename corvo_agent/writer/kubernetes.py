"""Modules from the pods of a Kubernetes namespace: list, watch from there with bookmarks, list again when too old."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import aiohttp
import orjson
from kubernetes_asyncio import client, config, watch
from kubernetes_asyncio.client.exceptions import ApiException
from kubernetes_asyncio.config.config_exception import ConfigException

from ..errors import ConfigError, CorvoError, PermissionRefused, RemoteError, Unavailable, system_reason
from .pod_modules import PodModules
from .pods import Pod
from .source import Complete, SourceEvent

_GONE = 410
_UNAUTHORIZED = 401
#: Pods asked for at once.
_PAGE = 500
#: Seconds after which the server ends a watch by itself; it is then continued where it ended.
_WATCH_SECONDS = 240
#: Seconds that an answer may take beyond that: a connection that died silently is found by then.
_SLACK_SECONDS = 30
#: A watch that ends sooner than this many seconds, without an event, was refused: asking again at once would loop.
_SHORTEST_WATCH = 0.2


async def load_configuration(kubeconfig: str | None = None, context: str | None = None) -> client.Configuration:
    """How to reach the cluster: ``kubeconfig`` when given, else the pod's own account, else the user's kubeconfig.

    Raises ConfigError when no configuration is found or it is wrong.
    """
    configuration = client.Configuration()
    try:
        if kubeconfig is None:
            try:
                config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
                return configuration
            except ConfigException:
                pass
        await config.load_kube_config(kubeconfig, context=context, client_configuration=configuration)
    except (ConfigException, OSError) as error:
        raise ConfigError("kubeconfig", kubeconfig, str(error)) from error
    return configuration


class KubernetesSource:
    """Follows the pods of ``namespace``, those that match ``label_selector`` if given: one module per container.

    It lists in pages, watches from the list's resource version with bookmarks, and lists again when that is too old,
    as client-go's reflector does. ``reload`` gives the configuration anew when the credentials have been
    refused: those of a kubeconfig may expire.
    """

    def __init__(
        self,
        configuration: client.Configuration,
        *,
        namespace: str = "default",
        label_selector: str = "",
        reload: Callable[[], Awaitable[client.Configuration]] | None = None,
    ) -> None:
        self._configuration = configuration
        self._reload = reload
        self._expired = False
        self._namespace = namespace
        #: Names the namespace too: the writer of one namespace must not remove what comes from another one.
        self.name = f"kubernetes.{namespace}"
        self._selector = {"label_selector": label_selector} if label_selector else {}

    async def events(self) -> AsyncGenerator[SourceEvent]:
        """See ModuleSource. Raises Unavailable, PermissionRefused, RemoteError, ConfigError."""
        pods = PodModules()
        if self._expired and self._reload is not None:
            self._configuration, self._expired = await self._reload(), False
        try:
            async with client.ApiClient(self._configuration) as api:
                core = client.CoreV1Api(api)
                while True:
                    listed, version = await self._list(core)
                    for event in pods.replace(listed):
                        yield event
                    yield Complete()
                    async with aclosing(self._changes(core, version)) as changes:
                        async for kind, pod in changes:
                            for event in pods.remove(pod) if kind == "DELETED" else pods.put(pod):
                                yield event
        except (ApiException, aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise self._translated(error) from error

    async def _list(self, core: client.CoreV1Api) -> tuple[list[Pod], str]:
        found: list[Pod] = []
        options: dict[str, Any] = {"limit": _PAGE, **self._selector}
        while True:
            # Without preloading it gives the HTTP response, which its annotations do not know.
            response: Any = await core.list_namespaced_pod(
                self._namespace, _preload_content=False, _request_timeout=_SLACK_SECONDS, **options
            )
            body = await response.read()
            if response.status >= 400:
                raise ApiException(status=response.status, reason=body[:500].decode(errors="replace"))
            # A page of pods may be megabytes: parsing it on the loop would stall everything else.
            page = await asyncio.to_thread(orjson.loads, body)
            found += page.get("items") or []
            metadata = page.get("metadata") or {}
            if not metadata.get("continue"):
                return found, str(metadata.get("resourceVersion", ""))
            options["_continue"] = metadata["continue"]

    async def _changes(self, core: client.CoreV1Api, version: str) -> AsyncGenerator[tuple[str, Pod]]:
        """Changes after ``version`` as (type, pod); ends when that version is too old to go on from."""
        while True:
            began, first = time.monotonic(), version
            stream = watch.Watch(return_type="object")
            events = stream.stream(
                core.list_namespaced_pod,
                self._namespace,
                resource_version=version,
                allow_watch_bookmarks=True,
                timeout_seconds=_WATCH_SECONDS,
                _request_timeout=_WATCH_SECONDS + _SLACK_SECONDS,
                **self._selector,
            )
            try:
                async for event in events:
                    pod = event["raw_object"]
                    version = str((pod.get("metadata") or {}).get("resourceVersion") or version)
                    if event["type"] != "BOOKMARK":
                        yield event["type"], pod
            except ApiException as error:
                if error.status == _GONE:
                    return
                raise
            except (aiohttp.ClientError, TimeoutError, OSError):
                raise
            except Exception as error:
                # Watch checks little of what it reads: a KeyError or a bare Exception means that it cannot read it.
                raise ValueError(f"not the watch protocol: {type(error).__name__}: {error}") from error
            finally:
                await stream.close()
            if version == first and time.monotonic() - began < _SHORTEST_WATCH:
                raise ConnectionError("the watch ends as soon as it begins")

    def _translated(self, error: Exception) -> CorvoError:
        peer = f"Kubernetes at {self._configuration.host}"
        if not isinstance(error, ApiException):
            return Unavailable(peer, system_reason(error))
        reason = f"{error.status} {error.reason}"
        self._expired = error.status == _UNAUTHORIZED
        if error.status in (_UNAUTHORIZED, 403):
            return PermissionRefused(f"listing pods of {self._namespace}", reason)
        if error.status in (429, 500, 502, 503, 504):
            return Unavailable(peer, reason)
        return RemoteError(peer, str(error.status), str(error.reason))
