"""The slow service is slow for the reason that the tutorial finds, and fast once that is mended."""

from __future__ import annotations

import asyncio
import logging

import pytest

from corvo_agent.demo.checkout import CheckoutService, Coupons
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from tests.profiles.spawn import until


def test_a_coupon_is_found_in_any_spelling_with_and_without_an_index() -> None:
    coupons = Coupons(["SAVE-1", "SAVE-2"])
    for _ in range(2):
        assert [coupons.find(code) for code in ("save-2", "SAVE-1", "none")] == [1, 0, None]
        coupons.build_index()


async def test_customers_pay_are_counted_and_logged_and_the_action_mends_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "checkout")
    shop = CheckoutService(pause=0.001, coupons=100)
    service = DiagnosticsService("checkout", "node1")
    shop.publish(service.expvars.publish, service.register_action)
    work = asyncio.create_task(shop.run())
    await until(lambda: int(shop.paid.to_json()) >= 3 or work.done())
    async with service, DiagnosticsServer([service]) as server, DiagnosticsClient(server.address) as client:
        assert await client.action("build-index") == "100 coupons are in the index"
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    said = [record.getMessage() for record in caplog.records if record.name == "checkout"]
    assert said[0] == "service starts"
    assert {"coupon is looked for", "coupon is found", "the index of coupons is built"} <= set(said)
    paid = said.count("customer has paid") + said.count("customer waited too long")
    assert paid == int(shop.paid.to_json()) == shop.durations.summary().count


async def test_it_complains_when_it_takes_long(caplog: pytest.LogCaptureFixture) -> None:
    shop = CheckoutService(pause=0.001, coupons=COUPONS_THAT_TAKE_LONG)
    work = asyncio.create_task(shop.run())
    await until(lambda: int(shop.complaints.to_json()) >= 1 or work.done())
    work.cancel()
    await asyncio.wait({work})
    assert "customer waited too long" in caplog.messages


# A queue of twenty customers waits for twenty times this: longer than a fifth of a second on every machine.
COUPONS_THAT_TAKE_LONG = 200_000
