"""Messages are written as google.protobuf writes them: order, entries of maps, what is there and empty."""

from __future__ import annotations

from datetime import UTC, datetime

from betterproto.lib.google import protobuf as google_types

from corvo_agent._generated import api
from corvo_agent.protobuf.codec import decode, encode, make, pieces

from .kitchen import Sink, Times, google_kitchen


def test_an_entry_of_defaults_is_written_and_read() -> None:
    sink = Sink(texts={"": ""}, by_number={0: Sink()}, by_flag={False: b""})
    google = google_kitchen("Sink").FromString(encode(sink))
    assert dict(google.texts) == {"": ""}
    assert list(google.by_number) == [0]
    assert google.SerializeToString() == encode(sink)
    for empty in (encode(sink), bytes.fromhex("ba0100 c20100 ca0100")):
        read = decode(Sink, empty)
        assert (read.texts, read.by_number, read.by_flag) == (sink.texts, sink.by_number, sink.by_flag)


def test_an_empty_message_is_written_when_it_was_made_or_set() -> None:
    assert encode(make(api.Label, t=make(api.TypeMeta))) == bytes.fromhex("0a00")
    assert encode(api.Label(t=api.TypeMeta(kind=""))) == bytes.fromhex("0a00")
    assert encode(api.Label(t=api.TypeMeta())) == b""
    looked_at = api.Label()
    assert looked_at.t.kind == ""
    assert encode(looked_at) == b""


def test_datetimes_are_betterprotos_default_when_they_are_the_epoch() -> None:
    assert (
        encode(Times(when=datetime(1970, 1, 1, tzinfo=UTC)))
        == bytes(Times(when=datetime(1970, 1, 1, tzinfo=UTC)))
        == b""
    )


def test_large_bytes_are_not_copied() -> None:
    value = bytes(1 << 20)
    wrapped = make(api.Any, object=make(google_types.Any, type_url="x", value=value))
    assert any(piece is value for piece in pieces(wrapped))
