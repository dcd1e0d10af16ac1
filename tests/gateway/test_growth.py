"""A gateway of a fleet whose Modules, agents and callers come and go for years holds no more than on its first day."""

from __future__ import annotations

from collections import Counter

from corvo_agent.gateway.app import Gateway
from corvo_agent.modules.announcing.endpoint import endpoint_key
from tests.diagnostics.kit import until
from tests.held import held

from .conftest import Api, Store

# What may grow with events, up to a bound of its own: so many entries at most, or those of so many seconds.
_BOUNDED = {
    "History._events",  # 30 s, 20,000, 32 MiB
    "HistoryRecorder._known",  # 500
    "HistoryRecorder._waiting",  # 10,000
    "PeerPool._peers",  # 4,096
    "RecentLines._lines",  # 1,000
    "StatusBoard._ends",  # 64, and twice the overrides that are shown
    "_Lease.keys",  # of the store itself: histories of Modules that are gone, for a week
}
_EVENTS = 6


async def come_and_go(api: Api, store: Store, name: str, *, overridden: bool) -> None:
    """A Module, its agent, an override if wanted, and those who look at them; nothing is left of it."""
    assert (await api.call("POST", "/modules", {"meta": {"name": name}}))[0] == 200
    await store.put_endpoint(name, "127.0.0.1:1")
    await api.gateway.endpoints.wait_until(lambda: api.gateway.endpoints.get(name) is not None, "no endpoint", 60)
    for path in (f"/modules/{name}", "/modules", "/statuses"):
        assert (await api.get(path))[0] == 200
    if overridden:
        assert (await api.call("PUT", f"/modules/{name}/level", {"level": "Debug", "for": "2h"}))[0] == 200
    assert (await api.get("/statuses"))[0] == 200
    assert (await api.call("POST", f"/modules/{name}/Debug", {"query": "Stats"}))[0] == 503
    async with api.raw("GET", "/watch/modules", params={"O.name": name}) as watch:
        assert watch.status == 200
    async with api.raw("POST", "/watch", {"subscriptions": [{"id": name, "kind": "statuses", "name": name}]}) as stream:
        assert stream.status == 200
    # The agent goes before its Module, which is looked at in between.
    await store.delete(endpoint_key(name))
    await api.gateway.endpoints.wait_until(lambda: api.gateway.endpoints.get(name) is None, "an endpoint", 60)
    assert (await api.get(f"/modules/{name}"))[0] == 200
    assert (await api.call("DELETE", f"/modules/{name}"))[0] == 200
    assert (await api.get(f"/modules/{name}"))[0] == 404


async def test_what_comes_and_goes_leaves_nothing_behind(api: Api, gateway: Gateway, store: Store) -> None:
    counted: list[Counter[str]] = []
    for round in range(3):
        for number in range(_EVENTS):
            await come_and_go(api, store, f"node{round}-m{number}", overridden=number % 2 == 0)
        await until(lambda: not gateway.hub.watchers and not len(gateway._multiplexer))
        counted.append(held(gateway))
    first, second, third = counted
    grown = {
        name: (first[name], second[name], count)
        for name, count in third.items()
        if min(second[name] - first[name], count - second[name]) >= _EVENTS // 2 and name not in _BOUNDED
    }
    assert grown == {}
