"""Modules from a TOML file: every mistake is named with its place, and a broken file removes nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from corvo_agent.errors import ConfigError, InvalidArgument, NotFound, ResourceExhausted
from corvo_agent.modules import ModuleStatus, ServicePort
from corvo_agent.testing import FakeClock
from corvo_agent.writer.inventory import MAX_BYTES, InventorySource, parse_inventory
from corvo_agent.writer.source import Complete, Gone, Present

TEXT = """
[modules.node1-billing]
node = "node1"
module = "billing"
service-ports = { billing = 9010 }

[modules.node1-stock]
node = "node1"
"""


def test_a_table_is_a_module() -> None:
    assert parse_inventory(TEXT, "inv.toml") == {
        "node1-billing": ModuleStatus(
            node="node1", module="billing", service_ports=(ServicePort(name="billing", port=9010),)
        ),
        "node1-stock": ModuleStatus(node="node1"),
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[modules", "inv.toml: not TOML"),
        ("module = 1", "inv.toml: module: unknown key; valid: modules"),
        ("modules = 3", "inv.toml: modules: must be a table"),
        ("[modules.m1]\nnod = 'x'", "inv.toml: m1: nod: unknown key.*valid: node, module"),
        ("[modules.m1]\nnode = 7", "inv.toml: m1: node: must be text, got 7"),
        ("[modules]\nm1 = 3", "inv.toml: m1: must be a table, got 3"),
        ("[modules.m1]\nservice-ports = 3", "inv.toml: m1: service-ports: must be a table"),
        ("[modules.m1.service-ports]\na = 70000", "inv.toml: m1: service-ports.a: must be a port"),
        ("[modules.m1.service-ports]\na = true", "inv.toml: m1: service-ports.a: must be a port"),
        ("[modules.'-']\nnode = 'x'", "inv.toml: modules"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        parse_inventory(text, "inv.toml")


async def test_changes_of_the_file_are_told(tmp_path: Path) -> None:
    path = tmp_path / "inv.toml"
    path.write_text(TEXT)
    clock = FakeClock()
    events = InventorySource(path, clock=clock).events()
    assert [await anext(events) for _ in range(3)] == [
        Present("node1-billing", parse_inventory(TEXT, "")["node1-billing"]),
        Present("node1-stock", ModuleStatus(node="node1")),
        Complete(),
    ]
    replacement = tmp_path / "new.toml"
    replacement.write_text('[modules.node1-stock]\nnode = "node2"\n')
    replacement.rename(path)
    following = asyncio.ensure_future(anext(events))
    while not following.done():
        await clock.advance(1)
        await asyncio.sleep(0)
    assert following.result() == Present("node1-stock", ModuleStatus(node="node2"))
    assert await anext(events) == Gone("node1-billing")
    await events.aclose()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[modules", None])
async def test_a_file_that_cannot_be_read_ends_the_stream_without_removing(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "inv.toml"
    if content is not None:
        path.write_bytes(content)
    events = InventorySource(path).events()
    with pytest.raises(NotFound if content is None else ConfigError, match=r"inv\.toml"):
        await anext(events)


async def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "inv.toml"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ResourceExhausted, match="inventory"):
        await anext(InventorySource(path).events())
