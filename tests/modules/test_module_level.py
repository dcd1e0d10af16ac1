"""What is wanted of a level and what is applied: put together, told apart, and as JSON."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.modules.announcing.endpoint import AppliedLevel, Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.controls.codec import control_key
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.json.codec import module_to_dict
from corvo_agent.modules.kv import KeyValue
from corvo_agent.modules.model import Module
from corvo_agent.modules.module_level import ModuleLevel, beside_to_dict, module_level, take_beside

NAME = "node1-shop"
NOW = 10**18
MODULE = Module().with_meta(name=NAME).with_spec(log_level="Warn")
CONTROLS = (
    Control("Debug", NOW + 5, by="kim", id="1", revision=3),
    Control("Error", NOW + 9, "http", id="2", revision=4),
)
APPLIED = AppliedLevel(
    "Debug", "override", 7, "kim", until=NOW + 5, loggers={"http": "Error"}, logger_ends={"http": NOW + 9}
)


def test_what_is_wanted_is_in_force_when_the_agent_says_all_of_it() -> None:
    level = ModuleLevel(MODULE, CONTROLS, APPLIED)
    assert level.wanted(NOW).level_text == "Debug"
    assert level.holds(NOW)


@pytest.mark.parametrize(
    "applied",
    [
        None,
        replace(APPLIED, fault="zap: connection refused"),
        replace(APPLIED, level="Info"),
        replace(APPLIED, source="log-level"),
        replace(APPLIED, until=NOW + 6),
        replace(APPLIED, loggers={}),
        replace(APPLIED, logger_ends={}),
    ],
)
def test_what_differs_in_anything_is_not(applied: AppliedLevel | None) -> None:
    assert not ModuleLevel(MODULE, CONTROLS, applied).holds(NOW)


def test_where_nothing_is_said_the_agent_s_own_default_holds() -> None:
    level = ModuleLevel(Module().with_meta(name=NAME), (), AppliedLevel("Info", "default"))
    assert level.holds(NOW)


def test_json_shows_both_and_gives_both_back() -> None:
    shown = ModuleLevel(MODULE, CONTROLS, APPLIED).as_json()
    assert shown["controls"][1] == {
        "id": "2",
        "revision": "4",
        "level": "Error",
        "until": "2001-09-09T01:46:40.000000009Z",
        "logger": "http",
    }
    assert take_beside(shown) == (CONTROLS, APPLIED)
    assert shown == module_to_dict(MODULE)
    assert beside_to_dict((), None) == {}
    assert take_beside({}) == ((), None)


@pytest.mark.parametrize(
    "value", [{"controls": 7}, {"controls": [{"level": "Debug"}]}, {"controls": [{"revision": "1"}]}, {"applied": 7}]
)
def test_malformed_json_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(InvalidArgument):
        take_beside(value)


def test_it_is_read_from_what_lies_beside_a_module() -> None:
    def item(key: str, value: bytes) -> KeyValue:
        return KeyValue(key, value, 1, 3)

    beside = [
        item(control_key(NAME, "1"), b'{"level":"Debug"}'),
        item(control_key(NAME, "bad"), b"nothing"),
        item(endpoint_key(NAME), encode_endpoint(Endpoint("h:1", level=APPLIED))),
        item(f"/corvo/v1/modules/{NAME}/workers/1", b"nothing"),
    ]
    level = module_level(MODULE, beside)
    assert (level.controls, level.applied) == ((Control("Debug", id="1", revision=3),), APPLIED)
    # An agent that tells nothing of its level is there all the same.
    assert module_level(MODULE, [item(endpoint_key(NAME), b'{"address":"h:1"}')]).applied == AppliedLevel()
    assert module_level(MODULE, []).applied is None
    # What cannot be read hides nothing else.
    bad = [item(endpoint_key(NAME), b"nothing"), *beside[:1]]
    assert (module_level(MODULE, bad).applied, len(module_level(MODULE, bad).controls)) == (None, 1)
