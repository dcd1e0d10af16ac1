"""Messages pass through the codec as through betterproto's own and google.protobuf's, and are made in short."""

from __future__ import annotations

import betterproto
import pytest
from betterproto.lib.google import protobuf as google_types
from hypothesis import given

from corvo_agent._generated import api, protos
from corvo_agent.errors import DecodeError
from corvo_agent.protobuf.codec import decode, encode, full_name, make, opaque
from corvo_agent.protobuf.wire import delimited

from .kitchen import SINKS, Sink, google_kitchen


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


def test_text_that_is_not_utf8_is_refused_and_a_lone_surrogate_is_replaced() -> None:
    with pytest.raises(DecodeError, match=r"api.TypeMeta: text that is not UTF-8: invalid start byte"):
        decode(api.TypeMeta, b"\x0a\x01\xff")
    assert encode(api.TypeMeta(kind="a\ud800")) == delimited(1, b"a?")


def test_a_made_message_is_the_one_of_the_constructor() -> None:
    made = make(Sink, string="a", pick_number=3, sink=make(Sink, int32=1))
    assert made == Sink(string="a", pick_number=3, sink=Sink(int32=1))
    assert made.to_dict() == Sink(string="a", pick_number=3, sink=Sink(int32=1)).to_dict()
    assert encode(made) == bytes(made) == bytes(Sink(string="a", pick_number=3, sink=Sink(int32=1)))
    made.pick_text = "b"
    assert betterproto.which_one_of(made, "pick") == ("pick_text", "b")
    with pytest.raises(TypeError, match="TypeMeta has no name"):
        make(api.TypeMeta, name="x")


def test_an_opaque_message_is_written_as_its_bytes() -> None:
    inner = encode(api.TypeMeta(kind="Module"))
    assert encode(make(api.Label, t=opaque(api.TypeMeta, inner))) == delimited(1, inner)


def test_names_are_those_of_the_package() -> None:
    assert full_name(protos.Logs) == "protos.Logs"
    assert full_name(google_types.Timestamp) == "google.protobuf.Timestamp"
    assert full_name(Sink) == f"{Sink.__module__}.Sink"
