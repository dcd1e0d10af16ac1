"""Bytes are read or refused as google.protobuf does, within bounds that hold before objects are made."""

from __future__ import annotations

import time
from typing import Any

import betterproto
import pytest
from google.protobuf.message import DecodeError as GoogleDecodeError
from hypothesis import assume, given
from hypothesis import strategies as st

from corvo_agent._generated import api, diagnostics, protos
from corvo_agent.errors import DecodeError
from corvo_agent.protobuf.codec import MAX_DEPTH, decode, encode
from corvo_agent.protobuf.wire import delimited, varint
from tests.descriptors import google_class, set_aside
from tests.diagnostics.strategies import NEARLY_PROTOBUF

from .kitchen import SINKS, Sink, Times, google_kitchen

# What google.protobuf is given to read: class, its name, and the fields of it that are maps.
FOREIGN: list[tuple[type[betterproto.Message], str, tuple[int, ...]]] = [
    (diagnostics.DiagnosticsRequest, "diagnostics.DiagnosticsRequest", (5,)),
    (diagnostics.DiagnosticsResponse, "diagnostics.DiagnosticsResponse", ()),
    (api.Interface, "api.Interface", ()),
    (api.Status, "api.Status", ()),
    (protos.Logs, "protos.Logs", ()),
]


def outcome(read: Any) -> object:
    try:
        return read()
    except (DecodeError, GoogleDecodeError, UnicodeDecodeError):
        return "refused"


@pytest.mark.parametrize(
    ("message", "name", "maps"), FOREIGN, ids=lambda value: value if isinstance(value, str) else ""
)
@given(data=NEARLY_PROTOBUF)
def test_bytes_are_read_or_refused_as_google_protobuf_does(
    message: type[betterproto.Message], name: str, maps: tuple[int, ...], data: bytes
) -> None:
    google = google_class(name)
    expected = outcome(lambda: google.FromString(data))
    if expected != "refused":
        assume(not any(set_aside(each, 1) for each in getattr(expected, "Logs", ())))
        assume(not any(set_aside(expected, field) for field in maps))
    read = outcome(lambda: decode(message, data))
    # Unknown fields count in google.protobuf's comparison: they are written again.
    assert (read if read == "refused" else google.FromString(encode(read))) == expected  # type: ignore[arg-type]


@given(sink=SINKS, cut=st.integers(0, 300))
def test_cut_bytes_are_read_or_refused_as_google_protobuf_does(sink: Sink, cut: int) -> None:
    data = encode(sink)[:cut]
    google = google_kitchen("Sink")
    expected = outcome(lambda: google.FromString(data))
    read = outcome(lambda: decode(Sink, data))
    assert (read == "refused") == (expected == "refused")
    if isinstance(read, Sink):
        assert google.FromString(encode(read)) == expected


def test_a_request_cut_at_every_byte_is_whole_fields_or_refused() -> None:
    sample = bytes.fromhex("0a00 120c 0a026d31 42020a00 4a020a00 1a036c6f67 2200 2a06 0a0161 120162")
    ends = {0, 2, 16, 21, 23, 31}
    for cut in range(len(sample) + 1):
        read = outcome(lambda cut=cut: decode(diagnostics.DiagnosticsRequest, sample[:cut]))
        assert (read != "refused") == (cut in ends), cut


def test_a_message_that_comes_twice_is_merged() -> None:
    data = encode(Sink(sink=Sink(string="a", ints=[1]))) + encode(Sink(sink=Sink(int32=7, ints=[2])))
    assert decode(Sink, data) == Sink(sink=Sink(string="a", int32=7, ints=[1, 2]))
    again = encode(Sink(pick_sink=Sink(string="a"))) + encode(Sink(pick_sink=Sink(int32=7)))
    assert decode(Sink, again).pick_sink == Sink(string="a", int32=7)


def test_the_last_member_of_a_oneof_counts() -> None:
    data = encode(Sink(pick_sink=Sink(string="a"))) + encode(Sink(pick_number=0))
    read = decode(Sink, data)
    assert betterproto.which_one_of(read, "pick") == ("pick_number", 0)
    with pytest.raises(AttributeError):
        read.pick_sink  # noqa: B018
    assert encode(read) == encode(Sink(pick_number=0)) == bytes.fromhex("e00100")


def test_numbers_are_read_packed_and_one_by_one() -> None:
    apart = b"".join(b"\x90\x01" + varint(number) for number in (1, 2, 3))
    together = b"\x92\x01\x03\x01\x02\x03"
    assert decode(Sink, apart + together).ints == [1, 2, 3, 1, 2, 3]
    with pytest.raises(DecodeError):
        decode(Sink, b"\x92\x01\x03\x01\x02\x83")


def test_what_is_unknown_is_written_again() -> None:
    unknown = bytes.fromhex("c0 3e 05  c3 3e 08 01 c4 3e") + delimited(14, b"") + b"\x0d\x00\x00\x00\x00"
    message = decode(api.TypeMeta, delimited(1, b"Module") + unknown)
    assert message.kind == "Module"
    # Field 1 with the wire type of another type is unknown too.
    assert encode(message) == delimited(1, b"Module") + unknown
    assert encode(decode(api.Label, delimited(1, unknown) + delimited(1, unknown))) == delimited(1, unknown * 2)


def nested(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = b"\x8a\x01" + varint(len(data)) + data
    return data


def test_messages_are_nested_as_deeply_as_google_protobuf_reads_them() -> None:
    deepest = MAX_DEPTH - 1
    assert encode(decode(Sink, nested(deepest))) == nested(deepest)
    google_kitchen("Sink").FromString(nested(deepest))
    for depth in (deepest + 1, 5000, 100_000):
        with pytest.raises(DecodeError, match=r"Sink: messages nested deeper than 100"):
            decode(Sink, nested(depth))


@pytest.mark.parametrize(
    "data",
    [
        b"\x2a\x06\x0a\x01a\x12\x01b" * 1_000_000,
        b"\x12\x00" * 1_000_000,
        b"\x38\x00" * 1_000_000,
        b"\x3b" + b"\x38\x00" * 1_000_000 + b"\x3c",
    ],
    ids=["parameters", "messages", "unknown fields", "unknown fields in a group"],
)
def test_what_is_all_overhead_is_refused_after_its_first_fields(data: bytes) -> None:
    before = time.process_time()
    with pytest.raises(DecodeError, match=r"diagnostics.DiagnosticsRequest: more than 10000 fields"):
        decode(diagnostics.DiagnosticsRequest, data)
    assert time.process_time() - before < 5


def test_packed_numbers_count_too() -> None:
    with pytest.raises(DecodeError, match="more than 10 fields"):
        decode(Sink, b"\x92\x01\x20" + bytes(32), max_fields=10)


def test_unknown_fields_in_many_pieces_take_no_more_time_than_in_one() -> None:
    piece = delimited(14, bytes(1000))
    data = b"".join(delimited(1, piece) for _ in range(4000))
    assert encode(decode(api.Label, data)) == b"\x0a" + varint(4000 * len(piece)) + piece * 4000


def test_a_year_that_python_does_not_have_is_refused() -> None:
    google = google_kitchen("Times")()
    google.when.seconds = 1 << 50
    with pytest.raises(DecodeError, match="a value out of range"):
        decode(Times, google.SerializeToString())
