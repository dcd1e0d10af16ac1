"""Profiles of several processes come as one, and tell whose each sample is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from corvo_agent.diagnostics.messages.payloads import decode_profile
from corvo_agent.diagnostics.query import DebugQuery
from corvo_agent.errors import InvalidArgument, NotFound
from corvo_agent.hub.profiles import HubProfiles
from corvo_agent.profiles.pprof.model import Label
from corvo_agent.profiles.pprof.reader import decode
from tests.hub.kit import hub, stubs
from tests.stub.kit import runtime_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with runtime_folder() as made:
        yield made


async def ask(handler: HubProfiles, **parameters: str) -> bytes:
    return decode_profile((await handler.handle(DebugQuery("Profile", parameters))).value)


async def test_samples_carry_their_worker(folder: Path) -> None:
    async with hub(folder) as (workers, place), stubs(workers, place, 2):
        handler = HubProfiles(workers, lambda: "shop")
        both = decode(await ask(handler, profile="goroutine"))
        assert {label for sample in both.samples for label in sample.labels if label.key == "worker"} == {
            Label("worker", "1"),
            Label("worker", "2"),
        }
        # The loop of this test is one that the process runs: it is found without being named.
        assert any("test_samples_carry_their_worker" in frame.function for each in both.samples for frame in each.stack)
        one = decode(await ask(handler, profile="goroutine", worker="2"))
        assert {label.value for sample in one.samples for label in sample.labels if label.key == "worker"} == {"2"}


async def test_what_cannot_be_put_together_has_to_be_asked_of_one(folder: Path) -> None:
    async with hub(folder) as (workers, place):
        handler = HubProfiles(workers, lambda: "shop")
        with pytest.raises(NotFound, match="none is connected"):
            await ask(handler, profile="goroutine")
        async with stubs(workers, place, 2):
            with pytest.raises(InvalidArgument, match="name one"):
                await ask(handler, profile="cmdline")
            # These workers are threads of the tests' own process, whatever started that.
            command = await ask(handler, profile="cmdline", worker="1")
            assert command.split(b"\0")[0].decode() == sys.orig_argv[0]
            with pytest.raises(InvalidArgument, match="unknown profile"):
                await ask(handler, profile="nothing")
