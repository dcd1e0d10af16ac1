"""Wrong tokens cost time, right ones do not, and strangers do not fill the log."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from corvo_agent.access.roles import Role
from corvo_agent.access.tokens import TokenFile
from corvo_agent.access.wrong_tokens import TokenCheck, WrongTokens, bearer
from corvo_agent.log_thinning import ThinningFilter
from corvo_agent.testing import FakeClock


async def test_wrong_tokens_wait_and_right_ones_do_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    path = tmp_path / "tokens"
    path.touch(0o600)
    path.write_text("look read\n")
    keeper = TokenCheck(TokenFile(str(path), clock), clock)
    logger = logging.getLogger("corvo_agent.access.wrong_tokens")
    monkeypatch.setattr(logger, "filters", [ThinningFilter(clock=clock.monotonic)])
    caplog.set_level(logging.WARNING, logger.name)
    for number in range(3):
        assert await keeper.caller(f"guess{number}", "10.0.0.1") is None
    for wait in (0.1, 0.2, 0.4):
        guess = asyncio.create_task(keeper.caller(f"guess{wait}", "10.0.0.1"))
        await asyncio.sleep(0)
        assert not guess.done()
        found = await keeper.caller("look", "10.0.0.1")
        assert found is not None
        assert found.role is Role.READER
        await clock.advance(wait)
        assert await guess is None
    # Who shows nothing has not tried anything.
    assert await keeper.caller("", "10.0.0.1") is None
    # Six of them are one line at most, and none shows what was tried.
    lines = [record.getMessage() for record in caplog.records if record.name == "corvo_agent.access.wrong_tokens"]
    assert len(lines) <= 1
    assert "guess" not in "".join(lines)


def test_wrong_tokens_are_counted_by_address_and_by_token_and_forgotten() -> None:
    clock = FakeClock()
    wrong = WrongTokens(clock)
    assert [wrong.delay("a", str(n)) for n in range(10)] == [0, 0, 0, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    assert [wrong.delay(f"b{n}", "same") for n in range(5)] == [0, 0, 0, 0.1, 0.2]
    assert wrong.delay("c", "other") == 0
    for number in range(5000):
        wrong.delay(f"d{number}", "same")
    assert len(wrong) == 4096


def test_the_token_of_a_header() -> None:
    assert bearer("bearer x") == "x"
    assert bearer("x") == bearer("Basic x") == ""
