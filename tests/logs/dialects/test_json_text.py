"""Lines of JSON are read as they were meant, and their numbers as they are written."""

from __future__ import annotations

import contextlib
import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.logs.dialects.json_text import DEEPEST, is_exact, parse_object, parse_start, to_text


def texts(data: bytes) -> dict[str, str] | None:
    document = parse_object(data)
    return None if document is None else {key: to_text(value) for key, value in document.items()}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"level":"error","x":NaN,"y":[Infinity]}', {"level": "error", "x": "NaN", "y": '["Infinity"]'}),
        (b'{"x":"a\tb\x01"}', {"x": "a\tb\x01"}),
        (b'{"x":"\xff"}', {"x": "\ufffd"}),
        (rb'{"x":"\ud83d","\udc80":1}', {"x": "\ufffd", "\ufffd": "1"}),
        (rb'{"x":"\ud83d\ude00"}', {"x": "\U0001f600"}),
        (b'{"x":-0,"y":[-0,0],"z":-0.0}', {"x": "-0", "y": "[-0,0]", "z": "-0.0"}),
        (b'{"x":18446744073709551616}', {"x": "18446744073709551616"}),
        (b'{"x":[-9223372036854775809]}', {"x": "[-9223372036854775809]"}),
        (b'{"x":18446744073709551615}', {"x": "18446744073709551615"}),
        (b'{"x":' + b"9" * 6000 + b"}", {"x": "9" * 6000}),
        (b' {"x":1} ', {"x": "1"}),
    ],
)
def test_odd_objects(data: bytes, expected: dict[str, str]) -> None:
    assert texts(data) == expected


@pytest.mark.parametrize(
    "data", [b"", b"[1]", b'{"a":1} b', b'{"a":' * 100_000, b"{'a':1}", b'{"a":1}{"a":2}', b'{"a":"1', b"12"]
)
def test_what_is_no_object(data: bytes) -> None:
    assert parse_object(data) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_all_json_is_read_exactly(value: object) -> None:
    written = json.dumps({"v": value}, ensure_ascii=False, separators=(",", ":"))
    try:
        data = written.encode()
    except UnicodeEncodeError:
        return
    document = parse_object(data)
    assert document is not None
    assert to_text(document) == written or not written.isprintable()
    assert json.loads(to_text(document)) == {"v": value}


def test_what_has_to_be_read_with_care() -> None:
    assert is_exact(b'{"a":"2026-01-01T00:00:00-05:00","b":-0.5,"c":1795514400123456789}')
    assert not is_exact(b'{"a": -0}')
    assert not is_exact(b'{"a":123456789012345678901}')


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (rb'{"level":"error","n":{"a":[1,2]},"msg":"aaa\n\u00', {"level": "error", "n": {"a": [1, 2]}, "msg": "aaa\n"}),
        (b'{"level":"error","n":{"a":[1,2', {"level": "error"}),
        (b'{"level":"error","n', {"level": "error"}),
        (b'\xef\xbb\xbf{"level" : "error" , "m":"\xc3', {"level": "error", "m": "\ufffd"}),
        (b'{"a":' * 100_000, {}),
        (b'{"a"', {}),
        (b"text", {}),
        (b"", {}),
    ],
)
def test_the_start_of_an_object(data: bytes, expected: dict[str, object]) -> None:
    assert parse_start(data) == expected


@given(st.dictionaries(st.text(), st.integers() | st.text()), st.integers(0, 200))
def test_the_start_holds_what_is_whole(document: dict[str, object], size: int) -> None:
    data = json.dumps(document).encode()[:size]
    found = parse_start(data)
    for key, value in list(found.items())[:-1]:
        assert to_text(value) == to_text(parse_object(json.dumps({"v": document[key]}).encode())["v"])  # type: ignore[index]


@pytest.mark.parametrize("odd", ["", '"x":NaN,', '"x":' + "9" * 30 + ",", r'"x":"\ud83d",'])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_values_are_read_as_deep_as_they_can_be_written(odd: str, opening: str, closing: str) -> None:
    inner = "" if opening == "[" else "1"
    for depth in (DEEPEST, DEEPEST + 1, 490, 900, 1020):
        value = opening * depth + inner + closing * depth
        document = parse_object(f'{{{odd}"a":{value}}}'.encode())
        if depth <= DEEPEST:
            assert document is not None
            assert to_text(document["a"]) == value
        elif document is not None:
            # How deep orjson writes differs by a level from version to version; never another text.
            with contextlib.suppress(orjson.JSONEncodeError):
                assert to_text(document["a"]) == value
        assert parse_start(f'{{{odd}"a":{value},"b'.encode()).get("b", "") == ""
