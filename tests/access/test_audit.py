"""Who did what is one line each, refusals are counted, and secrets are in none of them."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corvo_agent.access import audit as module
from corvo_agent.access.audit import Audit, auditing, current_audit
from corvo_agent.access.caller import Caller, calling
from corvo_agent.access.roles import Role
from corvo_agent.errors import NotFound
from corvo_agent.modules.callbacks import ModuleChange
from corvo_agent.modules.controls.codec import control_key, encode_control
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.kv import Change, ChangeType, KeyValue
from corvo_agent.modules.model import Module, ModuleSpec, ObjectMeta
from corvo_agent.testing import FakeClock

ONCALL = Caller("oncall", Role.READER, address="10.0.0.1")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def closed(audit: Audit, path: Path) -> list[dict[str, Any]]:
    """The lines of a file, once all of them are there."""
    await audit.aclose()
    return lines(path)


async def test_what_is_done_and_how_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "audit"
    audit = Audit(str(path), FakeClock(1_700_000_000_000_000_000))
    with calling(ONCALL):
        with audit.told("debug", "a1", query="Action", parameters={"action": "x", "password": "p", "u": "a://b:c@d"}):
            pass
        with suppress(NotFound), audit.told("change", "b2") as told:
            told.more["change"] = {"spec": {"log-level": "Debug"}}
            raise NotFound("module", "b2")
    first, second = await closed(audit, path)
    assert first.pop("seconds") >= 0
    assert first == {
        "time": "2023-11-14T22:13:20.000Z",
        "who": "oncall",
        "from": "10.0.0.1",
        "action": "debug",
        "module": "a1",
        "query": "Action",
        "parameters": {"action": "x", "password": "***", "u": "a://b:***@d"},
        "result": "ok",
    }
    assert second["result"].startswith("NotFound: ")
    assert second["change"] == {"spec": {"log-level": "Debug"}}
    assert path.stat().st_mode & 0o777 == 0o600


async def test_refusals_are_told_in_sum(tmp_path: Path) -> None:
    path = tmp_path / "audit"
    audit = Audit(str(path))
    for _ in range(1000):
        audit.refused("oncall", "10.0.0.1", "DELETE /x")
    for number in range(2000):
        audit.refused(f"stranger{number}", "10.0.0.2", "GET /x")
    found = await closed(audit, path)
    assert len(found) == module._CALLERS + 1
    assert [line["count"] for line in found if line["who"] == "oncall"] == [1000]
    assert sum(line["count"] for line in found) == 3000


def test_without_a_file_it_is_logged_and_long_texts_are_cut(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    Audit().tell("debug", "a1", "ok", 0.0, parameters={"grep": "x" * 10_000, "more": {str(n): n for n in range(200)}})
    (record,) = caplog.records
    assert record.name == "corvo_agent.audit"
    line = json.loads(record.getMessage().removeprefix("audit "))
    assert (len(line["parameters"]["grep"]), len(line["parameters"]["more"])) == (500, 100)
    caplog.clear()
    # A secret that is cut off is one all the same.
    for text in ('{"user":"u","password":"%s"}', "run --password='%s' x", "{'password': '%s'}"):
        Audit().tell("debug", "a1", "ok", 0.0, parameters={"x": text % ("s3cr3t " * 100_000)})
    assert (len(caplog.messages), "s3cr3t" in caplog.text) == (3, False)
    caplog.clear()
    with suppress(NotFound), Audit().told("delete", "a" * 1_000_000):
        raise NotFound("module", "a" * 1_000_000)
    assert len(caplog.messages[0]) < 2000


async def test_changes_that_the_store_tells_of(tmp_path: Path) -> None:
    path = tmp_path / "audit"
    audit = Audit(str(path))
    old = Module(ObjectMeta(name="a1"), ModuleSpec("Info"))
    new = replace(old, spec=ModuleSpec("Debug"))
    audit.seen(ModuleChange("a1", old, new, 7))
    audit.seen(ModuleChange("a1", new, new, 8))
    audit.seen(ModuleChange("a1", new, None, 9))
    key, value = control_key("a1", "process"), encode_control(Control("Warn", by="ann"))
    put = Change(ChangeType.CREATED, key, 10, KeyValue(key, value, 10, 10))
    bad = Change(ChangeType.UPDATED, key, 11, KeyValue(key, b"nothing", 10, 11))
    endpoint = Change(ChangeType.DELETED, "/corvo/v1/modules/a1/endpoint", 12, None)
    audit.seen_beside([put, bad, endpoint, Change(ChangeType.DELETED, key, 13, None)])
    found = await closed(audit, path)
    assert {line["who"] for line in found} == {"the store"}
    assert [(line["action"], line["revision"]) for line in found] == [
        ("change seen", 7),
        ("change seen", 9),
        ("level seen", 10),
        ("level seen", 11),
        ("level ended, seen", 13),
    ]
    assert found[0]["change"] == {"log-level": "Debug"}
    assert (found[2]["by"], found[2]["control"]["level"]) == ("ann", "Warn")


def test_an_audit_is_that_of_its_call() -> None:
    audit = Audit()
    assert current_audit() is None
    with auditing(audit):
        assert current_audit() is audit
    assert current_audit() is None
