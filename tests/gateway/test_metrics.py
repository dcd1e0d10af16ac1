"""The gateway's own numbers: by route, never by path, and as Prometheus reads them."""

from __future__ import annotations

import re

from prometheus_client.parser import text_string_to_metric_families

from corvo_agent.gateway.app import Gateway
from tests.guides.text import table

from .conftest import LOCAL, Api, Store, settled
from .modules import module


async def samples(api: Api, gateway: Gateway | None = None) -> dict[str, dict[tuple[str, ...], float]]:
    """The values by name and labels."""
    async with api.session.get((gateway or api.gateway).url + "/metrics") as response:
        text = await response.text()
        assert response.content_type == "text/plain"
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


async def test_the_state_is_that_of_the_moment(api: Api, store: Store) -> None:
    await store.put_module(module("a1"))
    await store.put_endpoint("a1", "10.0.0.1:1")
    await settled(api.gateway, store)
    found = await samples(api)
    assert found["corvo_gateway_modules"] == {(): 1.0}
    assert found["corvo_gateway_endpoints"] == {(): 1.0}
    assert found["corvo_gateway_revision"] == {(): float(api.gateway.cache.revision)}
    watch = await api.session.get(f"{api.base}/watch/modules")
    assert (await samples(api))["corvo_gateway_watchers"] == {(): 1.0}
    watch.close()


async def test_paths_that_callers_make_up_do_not_become_labels(api: Api) -> None:
    for number in range(5):
        async with api.session.get(f"{api.gateway.url}/made-up-{number}"):
            pass
        await api.get(f"/modules/m{number}")
    async with api.session.request("PROPFIND", f"{api.gateway.url}/healthz"):
        pass
    counted = (await samples(api))["corvo_gateway_requests_total"]
    assert counted["404", "GET", "none"] == 5.0
    assert [value for labels, value in counted.items() if "modules/{name}" in labels[2]] == [5.0]
    assert "other" in {labels[1] for labels in counted}
    assert not [labels for labels in counted if any("made-up" in label or "PROPFIND" in label for label in labels)]


async def test_two_gateways_in_one_process_do_not_mix(api: Api, store: Store) -> None:
    async with Gateway(store, LOCAL) as other:
        await other.cache.wait_synced(60)
        async with api.session.get(f"{other.url}/healthz"):
            pass
        ours, theirs = await samples(api), await samples(api, other)
    assert [labels for labels in ours.get("corvo_gateway_requests_total", {}) if labels[2] == "/healthz"] == []
    assert theirs["corvo_gateway_requests_total"]["200", "GET", "/healthz"] == 1.0


async def test_the_guide_has_every_metric_with_its_labels(api: Api) -> None:
    await api.get("/modules")
    async with api.session.get(f"{api.gateway.url}/metrics") as response:
        families = {family.name: family for family in text_string_to_metric_families(await response.text())}
    found = set()
    # When each was first counted, of which the client makes a metric for each.
    for family in (each for each in families.values() if not each.name.endswith("_created")):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = next(iter(family.samples)).labels.keys() - {"le"}
        found.add((name, frozenset(labels)))
    rows = [[cell.strip() for cell in row.split("|")[1:3]] for row in table("metrics")[2:]]
    assert {(name.strip("`"), frozenset(re.findall("`(.+?)`", labels))) for name, labels in rows} == found
