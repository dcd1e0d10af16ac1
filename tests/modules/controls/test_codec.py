"""Controls as people write them with etcdctl, and as our tools do."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError, InvalidArgument
from corvo_agent.modules.controls.codec import (
    control_from_dict,
    control_key,
    control_of,
    control_to_dict,
    decode_control,
    encode_control,
    id_of,
)
from corvo_agent.modules.controls.control import MAX_CONTROL_BYTES, Control
from corvo_agent.modules.kv import KeyValue

NAME = "node1-shop"
KEY = "/corvo/v1/modules/node1-shop/controls/1"
LEVELS = st.sampled_from(["Debug", "info", "WARN", "Error", "None"])
NAMES = st.from_regex(r"[a-z][\w.]{0,20}", fullmatch=True)
SCOPES = st.sampled_from(["", "app", "all"]) | st.lists(
    NAMES.filter(lambda name: name not in ("app", "all")), min_size=1, max_size=3
).map(tuple)
CONTROLS = st.builds(
    Control, LEVELS, st.integers(0, 2**62), st.just("") | NAMES.filter(lambda name: name != "root"), SCOPES, NAMES
)


def item(value: bytes) -> KeyValue:
    return KeyValue(KEY, value, 3, 7)


def test_one_written_by_hand_is_read() -> None:
    value = b'{"level":"debug","until":"2026-11-26T12:00:00Z","logger":"http","by":"kim","reason":"slow"}'
    assert decode_control(item(value)) == Control(
        "debug", 1_795_694_400_000_000_000, "http", by="kim", reason="slow", id="1", revision=7
    )
    assert decode_control(item(b'{"Level":"Warn","logger":"root","scope":"shop, core"}')) == Control(
        "Warn", scope=("shop", "core"), id="1", revision=7
    )


def test_what_is_empty_is_left_out() -> None:
    assert json.loads(encode_control(Control("Debug", logger="http", scope=("a", "b")))) == {
        "level": "Debug",
        "logger": "http",
        "scope": "a,b",
    }


@given(CONTROLS)
def test_what_is_written_is_read(control: Control) -> None:
    read = decode_control(item(encode_control(control)))
    assert Control(read.level, read.until, read.logger, read.scope, read.by, read.reason) == control
    assert control_from_dict(control_to_dict(control)) == control


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "not JSON"),
        (b"[]", "must be an object"),
        (b"{}", r"control\.level: .*is missing"),
        (b'{"level":"loud"}', "unknown level"),
        (b'{"level":"Debug","untill":"2026-11-26T12:00:00Z"}', r"untill: .*no such key"),
        (b'{"level":"Debug","until":"soon"}', r"control\.until"),
        (b'{"level":"Debug","logger":"-x"}', r"control\.logger"),
        (b'{"level":"Debug","scope":"a,,b"}', r"control\.scope"),
        (b'{"level":"Debug","reason":"' + b"x" * MAX_CONTROL_BYTES + b'"}', "at most 4096 bytes"),
    ],
)
def test_what_is_wrong_is_told_with_its_key(value: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason) as caught:
        decode_control(item(value))
    assert KEY in str(caught.value)


@pytest.mark.parametrize("control", [Control("loud"), Control(""), Control("Debug", reason="x" * 5000)])
def test_what_could_not_be_read_is_not_written(control: Control) -> None:
    with pytest.raises(InvalidArgument):
        encode_control(control)


@given(st.text(max_size=200))
def test_each_logger_has_a_key_of_its_own(logger: str) -> None:
    assert control_of(control_key(NAME, id_of(logger))) == (NAME, id_of(logger))


def test_ids_say_what_they_are_for_where_they_can() -> None:
    assert id_of("") == "process"
    assert id_of("app.http") == "logger:app.http"
    assert id_of("a/b") != id_of("a_b")


@pytest.mark.parametrize("id", ["", "a/b", "x" * 129, "\n"])
def test_other_keys_are_no_control(id: str) -> None:
    with pytest.raises(InvalidArgument):
        control_key(NAME, id)
    assert control_of(f"/corvo/v1/modules/{NAME}/controls/{id}") is None
    assert control_of(f"/corvo/v1/modules/{NAME}/workers/1") is None
    assert control_of(f"/elsewhere/{NAME}/controls/1") is None
