"""The sample service works like a real one: orders are settled, counted and logged until it is cancelled."""

from __future__ import annotations

import asyncio
import logging

import pytest

from corvo_agent.demo.service import OrderService
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from tests.profiles.spawn import until


async def settled(orders: OrderService, count: int) -> None:
    """Run it until so many orders are settled, and some are refused."""
    work = asyncio.create_task(orders.run())
    await until(lambda: (int(orders.accepted.to_json()) >= count and int(orders.refused.to_json())) or work.done())
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def test_what_it_does_is_counted_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "orders")
    orders = OrderService(per_second=5000)
    await settled(orders, 3)
    messages = [record.getMessage() for record in caplog.records if record.name == "orders"]
    assert messages[0] == "service starts"
    assert messages.count("order is settled") == int(orders.accepted.to_json())
    assert messages.count("order is refused") == int(orders.refused.to_json())
    assert {record.levelname for record in caplog.records} >= {"DEBUG", "INFO", "WARNING"}
    assert orders.durations.summary().count == int(orders.accepted.to_json())


async def test_an_agent_tells_of_it() -> None:
    orders = OrderService(per_second=5000)
    service = DiagnosticsService("orders", "node1")
    orders.publish(service.expvars.publish, service.register_action)
    await settled(orders, 3)
    last = await orders.list_orders({})
    assert 0 < len(last) <= 50
    customer = str(last[0]["customer"])
    only = await orders.list_orders({"customer": customer})
    assert only == [order for order in last if order["customer"] == customer]
    assert await orders.list_orders({"customer": "nobody"}) == []
    async with service, DiagnosticsServer([service]) as server, DiagnosticsClient(server.address) as client:
        answer = await client.action("list-orders", customer=customer)
        assert isinstance(answer, str)
        assert customer in answer
    assert service.expvars.get("orders.accepted") == orders.accepted.to_json()


async def test_nothing_runs_after_it_is_cancelled() -> None:
    before = asyncio.all_tasks()
    await settled(OrderService(per_second=5000), 1)
    assert asyncio.all_tasks() == before
