"""Messages are the bytes that betterproto and google.protobuf write, and are read as google.protobuf reads them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import betterproto
import pytest
from betterproto.lib.google import protobuf as google_types
from google.protobuf.message import DecodeError as GoogleDecodeError
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corvo_agent._generated import api, diagnostics, protos
from corvo_agent.errors import DecodeError
from corvo_agent.protobuf.codec import MAX_DEPTH, decode, encode, full_name, make, opaque, pieces
from corvo_agent.protobuf.wire import delimited, varint
from tests.descriptors import google_class, set_aside
from tests.diagnostics.strategies import NEARLY_PROTOBUF

from .kitchen import SINKS, TIMES, Kind, Sink, Times, google_kitchen

# What google.protobuf is given to read: class, its name, and the fields of it that are maps.
FOREIGN: list[tuple[type[betterproto.Message], str, tuple[int, ...]]] = [
    (diagnostics.DiagnosticsRequest, "diagnostics.DiagnosticsRequest", (5,)),
    (diagnostics.DiagnosticsResponse, "diagnostics.DiagnosticsResponse", ()),
    (api.Interface, "api.Interface", ()),
    (api.Status, "api.Status", ()),
    (protos.Logs, "protos.Logs", ()),
]


@settings(deadline=None)
@given(SINKS)
def test_every_type_is_written_and_read_as_by_the_others(sink: Sink) -> None:
    data = encode(sink)
    google = google_kitchen("Sink").FromString(data)
    assert google == google_kitchen("Sink").FromString(bytes(sink))
    assert google.SerializeToString() == data or len(data) == len(google.SerializeToString())
    again = decode(Sink, data)
    assert same(again, sink)
    assert same(again, Sink().parse(data))
    assert encode(again) == data
    assert same(decode(Sink, google.SerializeToString()), sink)


def same(left: Sink, right: Sink) -> bool:
    """As google.protobuf sees it: betterproto does not compare which member of a oneof is there."""
    google = google_kitchen("Sink")
    return left == right and bool(google.FromString(encode(left)) == google.FromString(encode(right)))


def test_a_negative_zero_is_a_value() -> None:
    assert encode(Sink(double=-0.0)) == google_kitchen("Sink")(double=-0.0).SerializeToString() != b""


def test_an_entry_of_defaults_is_written_and_read() -> None:
    sink = Sink(texts={"": ""}, by_number={0: Sink()}, by_flag={False: b""})
    google = google_kitchen("Sink").FromString(encode(sink))
    assert dict(google.texts) == {"": ""}
    assert list(google.by_number) == [0]
    assert google.SerializeToString() == encode(sink)
    for empty in (encode(sink), bytes.fromhex("ba0100 c20100 ca0100")):
        read = decode(Sink, empty)
        assert (read.texts, read.by_number, read.by_flag) == (sink.texts, sink.by_number, sink.by_flag)


@settings(deadline=None)
@given(TIMES)
def test_types_that_python_has_of_its_own(times: Times) -> None:
    google = google_kitchen("Times").FromString(encode(times))
    assert google.when.ToDatetime(UTC) == times.when
    assert google.took.ToTimedelta() == times.took
    assert (google.wrapped.value if google.HasField("wrapped") else None) == times.wrapped
    assert [when.ToDatetime(UTC) for when in google.whens] == times.whens
    assert decode(Times, google.SerializeToString()) == times


def test_a_year_that_python_does_not_have_is_refused() -> None:
    google = google_kitchen("Times")()
    google.when.seconds = 1 << 50
    with pytest.raises(DecodeError, match="a value out of range"):
        decode(Times, google.SerializeToString())


def outcome(read: Any) -> object:
    try:
        return read()
    except (DecodeError, GoogleDecodeError, UnicodeDecodeError):
        return "refused"


@pytest.mark.parametrize(
    ("message", "name", "maps"), FOREIGN, ids=lambda value: value if isinstance(value, str) else ""
)
@settings(deadline=None)
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


@settings(deadline=None)
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


@pytest.mark.parametrize(
    ("bits", "value"), [(2**32 + 5, 5), (2**31, -(2**31)), (2**64 - 1, -1), (2**31 - 1, 2**31 - 1)]
)
def test_an_int32_is_cut_to_its_bits(bits: int, value: int) -> None:
    data = b"\x10" + varint(bits)
    assert decode(diagnostics.ServicePort, data).port == value
    assert google_class("diagnostics.ServicePort").FromString(data).Port == value


@pytest.mark.parametrize(
    "sink",
    [Sink(int32=2**31), Sink(uint32=-1), Sink(sint64=2**63), Sink(fixed32=-1), Sink(ints=[2**31]), Sink(float_=1e300)],
)
def test_a_number_that_does_not_fit_is_not_written(sink: Sink) -> None:
    with pytest.raises(ValueError, match=r"range|within|requires|float"):
        encode(sink)


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


def test_text_that_is_not_utf8_is_refused_and_a_lone_surrogate_is_replaced() -> None:
    with pytest.raises(DecodeError, match=r"api.TypeMeta: text that is not UTF-8: invalid start byte"):
        decode(api.TypeMeta, b"\x0a\x01\xff")
    assert encode(api.TypeMeta(kind="a\ud800")) == delimited(1, b"a?")


def test_nanoseconds_are_kept() -> None:
    time_ = api.Timestamp(time=google_types.Timestamp(1_700_000_000, 123_456_789))
    assert decode(api.Timestamp, encode(time_)) == time_
    assert encode(api.Timestamp(time=google_types.Timestamp(seconds=0))) == bytes.fromhex("0a00")


def test_a_made_message_is_the_one_of_the_constructor() -> None:
    made = make(Sink, string="a", pick_number=3, sink=make(Sink, int32=1))
    assert made == Sink(string="a", pick_number=3, sink=Sink(int32=1))
    assert made.to_dict() == Sink(string="a", pick_number=3, sink=Sink(int32=1)).to_dict()
    assert encode(made) == bytes(made) == bytes(Sink(string="a", pick_number=3, sink=Sink(int32=1)))
    made.pick_text = "b"
    assert betterproto.which_one_of(made, "pick") == ("pick_text", "b")
    with pytest.raises(TypeError, match="TypeMeta has no name"):
        make(api.TypeMeta, name="x")


def test_an_empty_message_is_written_when_it_was_made_or_set() -> None:
    assert encode(make(api.Label, t=make(api.TypeMeta))) == bytes.fromhex("0a00")
    assert encode(api.Label(t=api.TypeMeta(kind=""))) == bytes.fromhex("0a00")
    assert encode(api.Label(t=api.TypeMeta())) == b""
    looked_at = api.Label()
    assert looked_at.t.kind == ""
    assert encode(looked_at) == b""


def test_an_opaque_message_is_written_as_its_bytes() -> None:
    inner = encode(api.TypeMeta(kind="Module"))
    assert encode(make(api.Label, t=opaque(api.TypeMeta, inner))) == delimited(1, inner)


def test_large_bytes_are_not_copied() -> None:
    value = bytes(1 << 20)
    wrapped = make(api.Any, object=make(google_types.Any, type_url="x", value=value))
    assert any(piece is value for piece in pieces(wrapped))


def test_what_is_no_message_is_said() -> None:
    with pytest.raises(TypeError, match="str is not a betterproto message"):
        encode(api.Label(t="x"))  # type: ignore[arg-type]


def test_names_are_those_of_the_package() -> None:
    assert full_name(protos.Logs) == "protos.Logs"
    assert full_name(google_types.Timestamp) == "google.protobuf.Timestamp"
    assert full_name(Sink) == f"{Sink.__module__}.Sink"


def test_an_enum_without_that_name_stays_its_number() -> None:
    assert decode(Sink, bytes.fromhex("80 01 07")).kind == Kind.try_value(7)


def test_datetimes_are_betterprotos_default_when_they_are_the_epoch() -> None:
    assert (
        encode(Times(when=datetime(1970, 1, 1, tzinfo=UTC)))
        == bytes(Times(when=datetime(1970, 1, 1, tzinfo=UTC)))
        == b""
    )
