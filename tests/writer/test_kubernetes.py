"""Pods become modules, over a server that speaks the Kubernetes list and watch protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest
import trustme
from kubernetes_asyncio import client
from kubernetes_asyncio.config import incluster_config

from corvo_agent.errors import ConfigError, CorvoError, PermissionRefused, RemoteError, Unavailable
from corvo_agent.timestamps import parse_rfc3339
from corvo_agent.writer.kubernetes import KubernetesSource, load_configuration
from corvo_agent.writer.source import Complete, Gone, Present, SourceEvent

from .kubernetes_server import KubernetesServer, pod, write_kubeconfig

STARTED = parse_rfc3339("2026-01-01T00:00:05Z")


@pytest.fixture
async def cluster() -> AsyncIterator[KubernetesServer]:
    async with KubernetesServer().running() as server:
        yield server


@pytest.fixture
async def events(cluster: KubernetesServer) -> AsyncIterator[AsyncGenerator[SourceEvent]]:
    stream = KubernetesSource(client.Configuration(host=cluster.url)).events()
    yield stream
    await stream.aclose()


async def take(events: AsyncGenerator[SourceEvent], count: int) -> list[SourceEvent]:
    return [await anext(events) for _ in range(count)]


def names(events: Sequence[SourceEvent]) -> list[str]:
    words = {Present: "+", Gone: "-"}
    return [f"{words[type(event)]}{event.name}" if not isinstance(event, Complete) else "complete" for event in events]


async def test_added_modified_deleted(cluster: KubernetesServer, events: AsyncGenerator[SourceEvent]) -> None:
    await cluster.put(pod("p1"))
    assert names(await take(events, 2)) == ["+node1-billing", "complete"]
    await cluster.put(pod("p2", containers=("stock",)))
    await cluster.put(pod("p1", restarts=1, reason="Error"))
    await cluster.put(pod("p1", restarts=1, reason="Error"))
    await cluster.delete("p2")
    told = await take(events, 3)
    assert names(told) == ["+node1-stock", "+node1-billing", "-node1-stock"]
    assert isinstance(told[1], Present)
    assert told[1].status.last_restart_reason == "Error (exit code 137)"


async def test_a_large_list_comes_in_pages(cluster: KubernetesServer, events: AsyncGenerator[SourceEvent]) -> None:
    cluster.page_size = 7
    for number in range(20):
        await cluster.put(pod(f"p{number}", containers=(f"c{number:02}",)))
    told = names(await take(events, 21))
    assert sorted(told[:-1]) == [f"+node1-c{number:02}" for number in range(20)]
    assert told[-1] == "complete"
    assert cluster.lists == 3


async def test_a_broken_watch_ends_the_stream_with_the_reason(
    cluster: KubernetesServer, events: AsyncGenerator[SourceEvent]
) -> None:
    await take(events, 1)
    await cluster.put(pod("p1"))
    await take(events, 1)
    await cluster.cut()
    with pytest.raises(Unavailable, match="Kubernetes"):
        await anext(events)


async def test_a_version_that_is_too_old_means_a_new_list_and_the_difference(
    cluster: KubernetesServer,
) -> None:
    source = KubernetesSource(client.Configuration(host=cluster.url))
    await cluster.put(pod("p1"))
    await cluster.put(pod("p2", containers=("stock",)))
    events = source.events()
    await take(events, 3)
    cluster.oldest = 10**6
    await cluster.put(pod("p3", containers=("late",)))
    # The watch that is asked for now is refused with 410; p1 is gone by the time of the new list.
    cluster.pods.pop("p1")
    told = await take(events, 4)
    assert sorted(names(told)) == ["+node1-late", "+node1-stock", "-node1-billing", "complete"]
    await events.aclose()


async def test_bookmarks_move_the_version_on(cluster: KubernetesServer, events: AsyncGenerator[SourceEvent]) -> None:
    await take(events, 1)
    await cluster.put(pod("p1"))
    await take(events, 1)
    more = asyncio.ensure_future(take(events, 1))
    await cluster.bookmark()
    # The watch ends as one that has lasted long enough, and goes on behind the bookmark: nothing is listed again.
    await cluster.end_watches()
    await cluster.wait_watches(2)
    assert cluster.resumed == [1, 3]
    await cluster.put(pod("p2", containers=("stock",)))
    assert names(await more) == ["+node1-stock"]
    assert cluster.lists == 1


async def test_410_as_the_answer_to_the_watch_means_a_new_list(cluster: KubernetesServer) -> None:
    cluster.expired_status = 410
    source = KubernetesSource(client.Configuration(host=cluster.url))
    await cluster.put(pod("p1"))
    events = source.events()
    await take(events, 2)
    cluster.oldest = 10**6
    cluster.pods.pop("p1")
    assert names(await take(events, 2)) == ["-node1-billing", "complete"]
    await events.aclose()


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"ERROR","object":{"code":500}}',
        b'{"type":"BOOKMARK","object":{}}',
        b'{"no":"type"}',
        b"not json",
        b'{"type":"ERROR","object":{"code":500,"reason":"InternalError","message":"etcd is away"}}',
    ],
)
async def test_lines_that_are_no_events_end_the_stream_with_the_reason(
    cluster: KubernetesServer, events: AsyncGenerator[SourceEvent], line: bytes
) -> None:
    await take(events, 1)
    cluster.raw = line
    await cluster.put(pod("p1"))
    with pytest.raises(Unavailable, match="Kubernetes"):
        await anext(events)


async def test_a_pod_of_a_megabyte_is_read(cluster: KubernetesServer, events: AsyncGenerator[SourceEvent]) -> None:
    await take(events, 1)
    large = pod("p1")
    large["metadata"]["annotations"] = {"large": "x" * 1_000_000}
    await cluster.put(large)
    assert names(await take(events, 1)) == ["+node1-billing"]


@pytest.mark.parametrize(
    ("status", "error"), [(401, PermissionRefused), (403, PermissionRefused), (503, Unavailable), (404, RemoteError)]
)
async def test_refusals_are_typed(
    cluster: KubernetesServer, events: AsyncGenerator[SourceEvent], status: int, error: type[CorvoError]
) -> None:
    cluster.refuse = status
    with pytest.raises(error, match=str(status)):
        await anext(events)


async def test_nobody_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="Kubernetes"):
        await anext(KubernetesSource(client.Configuration(host="http://127.0.0.1:1")).events())


async def test_a_kubeconfig_leads_to_the_cluster(cluster: KubernetesServer, tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path / "kubeconfig", cluster.url, token="t0ken")
    await cluster.put(pod("p1"))
    events = KubernetesSource(await load_configuration(str(path))).events()
    assert names(await take(events, 2)) == ["+node1-billing", "complete"]
    assert cluster.tokens == {"Bearer t0ken"}
    await events.aclose()


async def test_credentials_that_expired_are_read_anew(cluster: KubernetesServer, tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path / "kubeconfig", cluster.url, token="old")

    async def load() -> client.Configuration:
        return await load_configuration(str(path))

    source = KubernetesSource(await load(), reload=load)
    cluster.refuse = 401
    write_kubeconfig(path, cluster.url, token="new")
    with pytest.raises(PermissionRefused):
        await anext(source.events())
    cluster.refuse = None
    async with aclosing(source.events()) as events:
        await take(events, 1)
    assert cluster.tokens == {"Bearer old", "Bearer new"}


async def test_in_a_pod_its_own_account_is_used(
    cluster: KubernetesServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("from-the-account")
    (tmp_path / "ca.crt").write_bytes(trustme.CA().cert_pem.bytes())
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", cluster.url.rpartition(":")[2])
    configuration = await load_configuration()
    assert configuration.host == cluster.url.replace("http:", "https:")
    assert configuration.ssl_ca_cert == str(tmp_path / "ca.crt")
    # The server of the test speaks no TLS; everything else is as in a pod.
    configuration.host = cluster.url
    events = KubernetesSource(configuration).events()
    await take(events, 1)
    assert cluster.tokens == {"Bearer from-the-account"}
    await events.aclose()


async def test_a_kubeconfig_that_is_missing_is_named() -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        await load_configuration("nowhere/kubeconfig")
