"""``corvo modules watch``: one change a line, in every form."""

from __future__ import annotations

import json

import pytest
import yaml

from corvo_agent.cli.modules.module_watch import show_change
from corvo_agent.errors import DecodeError
from corvo_agent.modules.access import ModuleEvent
from corvo_agent.modules.kv import ChangeType
from corvo_agent.modules.model import Module, ModuleSpec, ObjectMeta

NAME = "node1-pen-npm"
MODULE = Module(ObjectMeta(name=NAME, resource_version="7"), ModuleSpec(log_level="Warn"))


def test_a_change_is_shown_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    show_change(ModuleEvent(ChangeType.CREATED, MODULE), "text")
    assert capsys.readouterr().out == f"Created  {NAME} Warn revision 7\n"
    show_change(ModuleEvent(ChangeType.CREATED, MODULE), "json")
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    value = json.loads(line)
    assert (value["type"], value["object"]["meta"]["name"]) == ("Created", NAME)
    show_change(ModuleEvent(ChangeType.CREATED, MODULE), "yaml")
    show_change(ModuleEvent(ChangeType.CREATED, MODULE), "yaml")
    assert list(yaml.safe_load_all(capsys.readouterr().out)) == [value, value]


def test_a_change_that_cannot_be_read_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    show_change(ModuleEvent(ChangeType.UPDATED, MODULE, DecodeError("x at revision 7", "not JSON")), "text")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "corvo: x at revision 7: not JSON\n")
