"""``corvo doctor``: a fault has what to do beside it, and an exit code."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

from corvo_agent.agent.agent import Agent
from tests.certificates import Authority
from tests.cli.kit import corvo, run_here
from tests.cli.place import Place

NAME = "node1-pen-npm"


def by_what(findings: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {finding["what"]: finding for finding in findings}


def test_a_machine_alone() -> None:
    outcome = run_here("doctor")
    assert outcome.code == 0
    assert [row[1] for row in outcome.rows] == ["python", "libraries", "py-spy", "ptrace", "extras", "etcd and gateway"]
    assert {row[0] for row in outcome.rows} <= {"ok", "note"}


async def test_all_that_a_module_needs(agent: Agent, place: Place) -> None:
    await place.finds(NAME)
    outcome = await corvo("doctor", NAME, "-o", "json", *place.options)
    assert outcome.code == 0, outcome.out
    found = by_what(outcome.json)
    assert found["agent"]["seen"].startswith(f"{NAME} answers at ")
    assert found["level"]["seen"].startswith("as-configured is in force")
    assert found["its log"]["verdict"] == "good"
    if place.gateway is None:
        assert "answers, at revision" in found["etcd"]["seen"]
        assert found["etcd version"]["seen"].startswith("3.")
        assert found["clock"]["verdict"] == "good"
    else:
        assert "answers and lets you in, 1 module" in found["gateway"]["seen"]


async def test_what_is_away_is_a_fault(agent: Agent) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        closed = f"127.0.0.1:{bound.getsockname()[1]}"
        for given in (("--etcd", f"http://{closed}"), ("--gateway", f"http://{closed}"), ("--address", closed)):
            outcome = await corvo("doctor", NAME, "-o", "json", *given)
            faults = [finding for finding in outcome.json if finding["verdict"] == "fault"]
            assert outcome.code == 1
            assert faults
            assert all(closed in finding["seen"] and finding["do"] for finding in faults)
            # One fault has one cause.
            assert len(faults) == 1
            agent_found = by_what(outcome.json)["agent"]
            assert agent_found["verdict"] == ("fault" if "--address" in given else "note")
        unnamed = await corvo("doctor", "-o", "json", "--address", closed)
        assert "is not asked" in by_what(unnamed.json)["agent"]["seen"]
    wrong = await corvo("doctor", "other", "-o", "json", "--address", agent.address)
    assert (wrong.code, by_what(wrong.json)["agent"]["verdict"]) == (1, "fault")


async def test_a_certificate_that_is_refused_is_told_apart_from_one_who_is_away(tmp_path: Path) -> None:
    known, other = Authority(tmp_path, "known"), Authority(tmp_path, "other")
    own = other.issue("127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own.cert, own.key)
    context.set_alpn_protocols(["http/1.1"])
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        address = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for given in (("--gateway", address, "--tls-ca"), ("--etcd", address, "--etcd-ca")):
            outcome = await corvo("doctor", "-o", "json", *given, str(known.path))
            (fault,) = (finding for finding in outcome.json if finding["verdict"] == "fault")
            assert "certificate" in fault["seen"]
            assert given[2] in fault["do"], fault
            assert ("--tls-" in fault["do"]) is (given[0] == "--gateway")
            # What an option names is not there: all else is looked at all the same.
            missing = await corvo("doctor", "-o", "json", *given, str(tmp_path / "none"))
            found = by_what(missing.json)
            assert (missing.code, found[given[0][2:]]["verdict"]) == (1, "fault")
            assert found["python"]["verdict"] == "good"
        plain = await corvo("doctor", "-o", "json", "--gateway", address.replace("https", "http"))
        assert "expect https" in by_what(plain.json)["gateway"]["do"]
