"""An etcd that refuses, is full, or has another time: what is told, and what is to be done, differ."""

from __future__ import annotations

import asyncio
import urllib.error
from typing import Any

import pytest

from corvo_agent.cli.doctor.etcd import check_etcd
from corvo_agent.cli.doctor.finding import Finding, Verdict
from corvo_agent.clock import SystemClock
from corvo_agent.embedded import EmbeddedEtcd, EtcdBinaries
from corvo_agent.modules.etcd.options import EtcdOptions
from corvo_agent.modules.etcd.store import EtcdStore
from corvo_agent.modules.names import MODULES_PREFIX
from corvo_agent.modules.store import ModuleStore
from tests.cli.kit import corvo
from tests.etcd_cluster import ETCD_BINARIES, EtcdCluster
from tests.integration.test_etcd_users import b64

NAME = "node1-pen-npm"
SECOND = 10**9
PASSWORD = "a-password"
ROOM = 1 << 20


class WrongClock(SystemClock):
    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    def time_ns(self) -> int:
        return super().time_ns() + self._seconds * SECOND


async def doctor(cluster: EtcdCluster, *words: str, user: str = "", password: str = PASSWORD) -> dict[str, Any]:
    """What was found, by what was looked at."""
    whose = ("--etcd-user", user, "--etcd-password", password) if user else ()
    outcome = await corvo("doctor", "-o", "json", "--etcd", cluster.endpoint, *words, *whose)
    return {finding["what"]: finding for finding in outcome.json}


async def fill(cluster: EtcdCluster) -> None:
    """Write until nothing more is taken."""
    while True:
        try:
            await cluster.request(
                "/kv/put", {"key": b64("big"), "value": b64("x" * (ROOM // 4))}, user=f"root:{PASSWORD}"
            )
        except urllib.error.HTTPError as refused:
            refused.close()
            return


@pytest.mark.parametrize("binaries", ETCD_BINARIES)
async def test_who_may_do_what_and_whether_there_is_room(binaries: EtcdBinaries) -> None:
    options = ("--bcrypt-cost", "4", "--quota-backend-bytes", str(ROOM))
    async with EtcdCluster(binaries=binaries, options=options) as cluster:
        await cluster.request("/kv/put", {"key": b64(f"{MODULES_PREFIX}{NAME}"), "value": b64("{}")})
        readable = {"permType": "READ", "key": b64(MODULES_PREFIX), "range_end": b64(MODULES_PREFIX[:-1] + "0")}
        await cluster.request("/auth/role/add", {"name": "reader"})
        await cluster.request("/auth/role/grant", {"name": "reader", "perm": readable})
        for user in ("nothing", "reader"):
            await cluster.request("/auth/user/add", {"name": user, "password": PASSWORD})
        await cluster.request("/auth/user/grant", {"user": "reader", "role": "reader"})
        await cluster.enable_auth(PASSWORD)

        unnamed = (await doctor(cluster))["etcd"]
        assert (unnamed["verdict"], "--etcd-user" in unnamed["do"]) == ("fault", True)
        for user, password in (("nothing", PASSWORD), ("reader", "another")):
            refused = (await doctor(cluster, user=user, password=password))["etcd"]
            assert refused["verdict"] == "fault"
            assert "password right?" in refused["do"]
            assert "corvo guide rights" in refused["do"]
        reading = await doctor(cluster, NAME, user="reader")
        assert reading["etcd"]["verdict"] == "good"
        assert reading["etcd writes"]["verdict"] == "note"
        assert reading["etcd writes"]["seen"] == f"this user may not write {NAME}"
        # Its address lies beside the Module.
        assert "corvo guide rights" in reading["agent"]["do"]

        allowed = [await doctor(cluster, *words, user="root") for words in ((), (NAME,))]
        assert [found["etcd writes"]["verdict"] for found in allowed] == ["good", "good"]
        # Nothing was written for it.
        assert allowed[0]["etcd"]["seen"] == allowed[1]["etcd"]["seen"]
        assert "at revision 2, 1 module" in allowed[1]["etcd"]["seen"]
        await fill(cluster)
        full = await doctor(cluster, user="root")
        assert full["etcd"]["verdict"] == "good"
        assert (full["etcd writes"]["verdict"], "alarm disarm" in full["etcd writes"]["seen"]) == ("fault", True)


async def test_a_clock_that_is_off_is_said_to_be_behind_or_ahead(etcd: EmbeddedEtcd) -> None:
    async def clock(seconds: int) -> Finding:
        store = EtcdStore(EtcdOptions((etcd.endpoint,), call_timeout=30.0), clock=WrongClock(seconds))
        async with ModuleStore(store) as modules:
            found = [finding async for finding in check_etcd(modules, etcd.endpoint)]
        return next(finding for finding in found if finding.what == "clock")

    ahead, behind, right = await asyncio.gather(clock(3600), clock(-40), clock(0))
    assert [each.verdict for each in (ahead, behind, right)] == [Verdict.FAULT, Verdict.FAULT, Verdict.GOOD]
    assert " s ahead of etcd's" in ahead.seen
    assert " s behind etcd's" in behind.seen
