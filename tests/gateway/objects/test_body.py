"""Bodies are read as Go reads them and held against the rules of the contract."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError, ValidationFailed
from corvo_agent.gateway.objects.body import check, check_module, fold, read_module, read_object

from ..modules import module

LEVEL = "Spec.LogLevel did not match allowed strings [info warn error debug]"


@pytest.mark.parametrize("data", [b"", b"  \n", b"null", b"{}", b"{} garbage", b"null 1"])
def test_nothing_is_an_empty_object(data: bytes) -> None:
    assert read_object(data) == {}


def test_what_follows_the_first_value_is_ignored() -> None:
    assert read_object(b' {"a":"\xc3\xa9"} {"b":2}') == {"a": "é"}


@pytest.mark.parametrize("data", [b"{", b'{"a":', b'{"a":"b', b'{"a":1,', b"[1"])
def test_a_body_that_ends_early(data: bytes) -> None:
    with pytest.raises(DecodeError, match="unexpected EOF"):
        read_object(data)


@pytest.mark.parametrize("data", [b"nope", b"[]", b"1", b'"a"', b"{'a':1}", b"\xff{}", b'{"a":NaN}', b"[" * 100_000])
def test_a_body_that_is_no_object(data: bytes) -> None:
    with pytest.raises(DecodeError):
        read_object(data)


@given(st.binary(max_size=40))
def test_any_bytes_are_an_object_or_a_clear_error(data: bytes) -> None:
    try:
        assert isinstance(read_object(data), dict)
    except DecodeError:
        pass


def test_keys_match_in_any_case_and_null_is_not_given() -> None:
    body = fold(
        {"Meta": {"NAME": "m1", "labels": {"A": "b"}}, "SPEC": {"Log-Level": "warn", "args": None}, "status": None}
    )
    assert body == {"meta": {"name": "m1", "labels": {"A": "b"}}, "spec": {"log-level": "warn"}}
    assert read_module(body).spec.log_level == "warn"


def test_reserved_labels_are_stripped_from_requests() -> None:
    body = {"meta": {"labels": {"io.pensando.x": "1", "a": "b"}}}
    assert read_module(body).meta.labels == {"a": "b"}


@pytest.mark.parametrize("spec", [{"log-level": 5}, {"args": "x"}, {"enable-trace": "yes"}, "x"])
def test_a_wrong_type_is_a_decode_error(spec: Any) -> None:
    body = fold({"spec": spec})
    check(body, "m1")
    with pytest.raises(DecodeError):
        read_module(body)


@pytest.mark.parametrize(
    ("body", "name", "lines"),
    [
        ({"spec": {"log-level": "loud"}}, "m1", [LEVEL]),
        ({"spec": {"log-level": ""}}, "m1", [LEVEL]),
        ({}, "-m", ["ObjectMeta.Name does not meet naming requirements"]),
        ({}, "m", ["ObjectMeta.Name does not meet naming requirements"]),
        ({}, "m" * 65, ["ObjectMeta.Name too long(max 64 chars)"]),
        ({"meta": {"tenant": "t"}}, "m1", ["Tenant not allowed for Module"]),
        ({"meta": {"namespace": "n"}}, "m1", ["Namespace not allowed for Module"]),
        ({"status": {"category": "x"}}, "m1", ["Status.Category did not match allowed strings [venice naples]"]),
    ],
)
def test_each_rule_has_its_line(body: dict[str, Any], name: str, lines: list[str]) -> None:
    with pytest.raises(ValidationFailed) as caught:
        check(body, name)
    assert list(caught.value.lines) == lines


def test_every_broken_rule_is_told_once_and_in_order() -> None:
    body = {"meta": {"tenant": "t"}, "spec": {"log-level": "x"}, "status": {"category": "y"}}
    with pytest.raises(ValidationFailed) as caught:
        check(body, "-")
    assert [line.split()[0] for line in caught.value.lines] == [
        "ObjectMeta.Name",
        "Tenant",
        "Spec.LogLevel",
        "Status.Category",
    ]


@pytest.mark.parametrize("level", ["Debug", "debug", "DEBUG", "warn"])
def test_levels_in_any_case_pass(level: str) -> None:
    check({"spec": {"log-level": level}}, "m1")
    check_module(module(level=level, category="NAPLES"))


def test_a_complete_module_needs_level_and_category() -> None:
    with pytest.raises(ValidationFailed) as caught:
        check_module(module(level="", category=""))
    assert len(caught.value.lines) == 2
