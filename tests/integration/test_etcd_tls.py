"""https to a real etcd: the right certificate passes, every wrong one is refused, by both sides."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from corvo_agent.embedded import EtcdBinaries
from corvo_agent.errors import Unavailable
from corvo_agent.modules.announcing.endpoint import Endpoint, find_endpoint
from corvo_agent.modules.announcing.lease import EndpointLease, EndpointState
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from tests.etcd_cluster import ETCD_BINARIES, NEWER_BINARIES, EtcdCluster
from tests.kept_ports import kept_ports

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Pki:
    """Files of an authority and of certificates that it issued."""

    folder: Path
    authority: trustme.CA
    ca_file: Path

    @classmethod
    def make(cls, folder: Path) -> Pki:
        folder.mkdir()
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "ca.pem")
        return cls(folder, authority, folder / "ca.pem")

    def issue(self, name: str, *identities: str, common_name: str | None = None) -> tuple[Path, Path]:
        """Certificate and key. Usable by servers and clients."""
        issued = self.authority.issue_cert(*identities, common_name=common_name)
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        issued.cert_chain_pems[0].write_to_path(certificate)
        issued.private_key_pem.write_to_path(key)
        return certificate, key

    def server(self, *identities: str) -> list[str]:
        """Arguments for etcd."""
        certificate, key = self.issue("server", *identities)
        return ["--cert-file", str(certificate), "--key-file", str(key)]

    def demand_clients(self) -> list[str]:
        """Arguments for etcd to let in only clients with a certificate."""
        return ["--client-cert-auth", "--trusted-ca-file", str(self.ca_file)]


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    return Pki.make(tmp_path / "pki")


@asynccontextmanager
async def store_of(cluster: EtcdCluster, **options: Any) -> AsyncIterator[EtcdStore]:
    async with EtcdStore(EtcdOptions(cluster.endpoints, **options)) as store:
        yield store


async def works(store: EtcdStore) -> None:
    written = await store.put("a", b"1")
    async with aclosing(store.changes("a", written)) as batches:
        assert [change.revision for change in await anext(batches)] == [written]


async def refused(server: Sequence[str], reason: str, *, binaries: EtcdBinaries | None = None, **options: Any) -> None:
    async with (
        EtcdCluster(binaries=binaries, tls=server) as cluster,
        store_of(cluster, call_timeout=30.0, **options) as store,
    ):
        with pytest.raises(Unavailable, match=reason):
            await store.get("a")
        with pytest.raises(Unavailable, match=reason):
            await anext(store.changes("a", 1))


@pytest.mark.parametrize("binaries", ETCD_BINARIES)
async def test_a_certificate_of_the_authority_passes(binaries: EtcdBinaries, pki: Pki) -> None:
    async with (
        EtcdCluster(binaries=binaries, tls=pki.server("127.0.0.1")) as cluster,
        store_of(cluster, ca_file=pki.ca_file) as store,
    ):
        await works(store)


async def test_the_name_in_the_certificate_can_be_given(pki: Pki) -> None:
    async with (
        EtcdCluster(tls=pki.server("etcd.example")) as cluster,
        store_of(cluster, ca_file=pki.ca_file, server_hostname="etcd.example") as store,
    ):
        await works(store)


async def test_another_name_is_refused(pki: Pki) -> None:
    await refused(pki.server("etcd.example"), "certificate is refused: IP address mismatch", ca_file=pki.ca_file)
    await refused(
        pki.server("127.0.0.1"),
        "certificate is refused: Hostname mismatch",
        ca_file=pki.ca_file,
        server_hostname="etcd.example",
    )


async def test_an_unknown_authority_is_refused(pki: Pki, tmp_path: Path) -> None:
    other = Pki.make(tmp_path / "other")
    await refused(pki.server("127.0.0.1"), "certificate is refused: unable to get", ca_file=other.ca_file)
    await refused(pki.server("127.0.0.1"), "certificate is refused")


@pytest.mark.parametrize("binaries", ETCD_BINARIES)
@pytest.mark.parametrize("common_name", ["agent", None])
async def test_a_client_certificate_passes(binaries: EtcdBinaries, common_name: str | None, pki: Pki) -> None:
    certificate, key = pki.issue("client", "agent.example", common_name=common_name)
    server = [*pki.server("127.0.0.1"), *pki.demand_clients()]
    async with (
        EtcdCluster(binaries=binaries, tls=server) as cluster,
        store_of(cluster, ca_file=pki.ca_file, cert_file=certificate, key_file=key) as store,
    ):
        await works(store)


@pytest.mark.parametrize("binaries", ETCD_BINARIES)
async def test_a_client_without_certificate_or_with_a_foreign_one_is_refused(
    binaries: EtcdBinaries, pki: Pki, tmp_path: Path
) -> None:
    server = [*pki.server("127.0.0.1"), *pki.demand_clients()]
    await refused(server, "the server wants a client certificate", ca_file=pki.ca_file, binaries=binaries)
    certificate, key = Pki.make(tmp_path / "other").issue("client", "agent.example")
    reason = "the server refuses our client certificate"
    await refused(server, reason, ca_file=pki.ca_file, cert_file=certificate, key_file=key, binaries=binaries)


@pytest.mark.parametrize("binaries", ETCD_BINARIES)
async def test_http_to_an_https_port_and_the_reverse_are_named(binaries: EtcdBinaries, pki: Pki) -> None:
    async with EtcdCluster(binaries=binaries, tls=pki.server("127.0.0.1")) as cluster:
        plain = cluster.endpoint.replace("https", "http")
        async with EtcdStore(EtcdOptions((plain,), call_timeout=30.0)) as store:
            with pytest.raises(Unavailable, match="as one that expects https does"):
                await store.put("a", b"1")
    async with EtcdCluster(binaries=binaries) as cluster:
        secure = cluster.endpoint.replace("http", "https")
        async with EtcdStore(EtcdOptions((secure,), call_timeout=30.0, ca_file=pki.ca_file)) as store:
            with pytest.raises(Unavailable, match="as one that expects http does"):
                await store.put("a", b"1")


@pytest.mark.parametrize("binaries", ETCD_BINARIES)
async def test_an_etcd_without_its_gateway_is_named_and_the_next_one_asked(binaries: EtcdBinaries) -> None:
    async with EtcdCluster(binaries=binaries, options=["--enable-grpc-gateway=false"]) as cluster:
        async with store_of(cluster) as store:
            with pytest.raises(Unavailable, match="runs with --enable-grpc-gateway=false"):
                await store.get("a")
            with pytest.raises(Unavailable, match="runs with --enable-grpc-gateway=false"):
                await anext(store.changes("a", 1))
        async with EtcdCluster() as right, EtcdStore(EtcdOptions((*cluster.endpoints, *right.endpoints))) as store:
            await works(store)
            assert store.statistics().endpoint == right.endpoint


@pytest.mark.parametrize("binaries", NEWER_BINARIES)
async def test_an_etcd_that_speaks_http_elsewhere_is_named(binaries: EtcdBinaries) -> None:
    with kept_ports(1) as (port,):
        elsewhere = f"http://127.0.0.1:{port}"
        async with EtcdCluster(binaries=binaries, options=["--listen-client-http-urls", elsewhere]) as cluster:
            async with store_of(cluster) as store:
                with pytest.raises(Unavailable, match="with --listen-client-http-urls etcd does so at those addresses"):
                    await store.get("a")
            async with EtcdStore(EtcdOptions((elsewhere,))) as store:
                await works(store)


@pytest.mark.parametrize("binaries", ETCD_BINARIES)
async def test_an_endpoint_survives_the_renewal_of_certificates_and_authority(
    binaries: EtcdBinaries, pki: Pki, tmp_path: Path
) -> None:
    other = Pki.make(tmp_path / "other")
    certificate, key = pki.issue("client", "agent.example")
    server = [*pki.server("127.0.0.1"), *pki.demand_clients()]
    async with (
        EtcdCluster(binaries=binaries, tls=server) as cluster,
        store_of(cluster, ca_file=pki.ca_file, cert_file=certificate, key_file=key) as store,
        EndpointLease(store, "node1-pen-npm", Endpoint("127.0.0.1:7001"), ttl=60) as lease,
    ):
        await lease.wait_for(EndpointState.ANNOUNCED)
        # Everything that etcd shows and trusts is another authority's from now on.
        await cluster.members[0].kill()
        for kind, identity in (("server", "127.0.0.1"), ("client", "agent.example")):
            new = other.issue(kind, identity)
            for path in new if kind == "server" else ():
                os.replace(path, pki.folder / path.name)
        shutil.copy(other.ca_file, pki.ca_file)
        await cluster.members[0].start()
        with pytest.raises(Unavailable, match="the server refuses our client certificate"):
            await store.get("a")
        for path in other.folder.glob("client.*"):
            os.replace(path, pki.folder / path.name)
        await works(store)
        assert await find_endpoint(store, "node1-pen-npm") == lease.endpoint
        assert lease.state is EndpointState.ANNOUNCED


async def test_a_watch_over_tls_ends_with_the_store(pki: Pki) -> None:
    async with EtcdCluster(tls=pki.server("127.0.0.1")) as cluster:
        async with store_of(cluster, ca_file=pki.ca_file) as store:
            await store.put("a", b"1")
            batches = store.changes("a", 1)
            await anext(batches)
        with pytest.raises(Unavailable):
            await anext(batches)


async def test_the_next_endpoint_is_tried_when_a_certificate_is_refused(pki: Pki, tmp_path: Path) -> None:
    other = Pki.make(tmp_path / "other")
    async with EtcdCluster(tls=other.server("127.0.0.1")) as wrong, EtcdCluster(tls=pki.server("127.0.0.1")) as right:
        options = EtcdOptions((*wrong.endpoints, *right.endpoints), ca_file=pki.ca_file)
        async with EtcdStore(options) as store:
            await works(store)
            assert store.statistics().endpoint == right.endpoint
