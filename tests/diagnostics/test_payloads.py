"""Payload bytes are standard protobuf, those of betterproto and google.protobuf, and nothing else is read."""

from __future__ import annotations

import pytest
from google.protobuf.message import DecodeError as GoogleDecodeError
from hypothesis import assume, given
from hypothesis import strategies as st

from corvo_agent._generated import protos
from corvo_agent.diagnostics import payloads
from corvo_agent.diagnostics.query import NOTHING, Payload
from corvo_agent.errors import DecodeError
from tests.descriptors import google_class, set_aside

from .strategies import MAPS, NEARLY_PROTOBUF, TEXT

Records = list[dict[str, str]]
NOT_EMPTY = TEXT.filter(bool)


def google_logs(records: Records) -> bytes:
    message = google_class("protos.Logs")()
    for record in records:
        message.Logs.add().Log.update(record)
    return message.SerializeToString()


@given(st.lists(st.dictionaries(TEXT, TEXT, max_size=1), max_size=4))
def test_logs_are_the_bytes_of_google_protobuf(records: Records) -> None:
    # One entry a map: google.protobuf writes larger ones in an order of its own.
    assert payloads.encode_logs(records) == google_logs(records)


@given(st.lists(st.dictionaries(NOT_EMPTY, NOT_EMPTY, max_size=4), max_size=3))
def test_logs_are_the_bytes_of_betterproto(records: Records) -> None:
    # Without empty texts: betterproto leaves an empty key or value out of its entry, google.protobuf does not.
    assert payloads.encode_logs(records) == bytes(protos.Logs(logs=[protos.Log(log=dict(r)) for r in records]))


@given(st.lists(MAPS, max_size=4))
def test_logs_mean_the_same_to_everybody(records: Records) -> None:
    data = payloads.encode_logs(records)
    assert [dict(log.Log) for log in google_class("protos.Logs").FromString(data).Logs] == records
    assert [log.log for log in protos.Logs().parse(data).logs] == records
    assert payloads.decode_logs(data) == records
    assert payloads.decode_logs(google_logs(records)) == records


@given(st.lists(st.dictionaries(NOT_EMPTY, TEXT, max_size=4), max_size=3))
def test_logs_written_by_betterproto_are_read(records: Records) -> None:
    # Without empty keys: betterproto loses an entry whose key and value are both empty.
    assert payloads.decode_logs(bytes(protos.Logs(logs=[protos.Log(log=dict(r)) for r in records]))) == records


@given(MAPS)
def test_stats_mean_the_same_to_everybody(stats: dict[str, str]) -> None:
    data = payloads.encode_stats(stats)
    google = google_class("protos.Stats")(Stats=stats)
    assert dict(google_class("protos.Stats").FromString(data).Stats) == stats
    assert protos.Stats().parse(data).stats == stats
    assert payloads.decode_stats(data) == payloads.decode_stats(google.SerializeToString()) == stats
    if len(stats) < 2:
        assert data == google.SerializeToString()


@given(TEXT)
def test_string_is_the_same_bytes_everywhere(content: str) -> None:
    data = payloads.encode_string(content)
    assert data == bytes(protos.String(content=content))
    assert data == google_class("protos.String")(Content=content).SerializeToString()
    assert payloads.decode_string(data) == content


@given(st.binary(max_size=300))
def test_profile_is_the_same_bytes_everywhere(buffer: bytes) -> None:
    data = payloads.encode_profile(buffer)
    assert data == bytes(protos.Profile(buffer=buffer))
    assert data == google_class("protos.Profile")(Buffer=buffer).SerializeToString()
    assert payloads.decode_profile(data) == buffer


@given(
    st.lists(
        st.dictionaries(
            st.text(alphabet=st.characters(categories=["Cs", "Ll"]), max_size=5),
            st.text(alphabet=st.characters(categories=["Cs", "Ll"]), max_size=5),
            max_size=2,
        ),
        max_size=2,
    )
)
def test_lone_surrogates_are_replaced(records: Records) -> None:
    def clean(text: str) -> str:
        return text.encode("utf-8", "replace").decode()

    expected = [{clean(key): clean(value) for key, value in record.items()} for record in records]
    assert payloads.decode_logs(payloads.encode_logs(records)) == expected
    assert payloads.decode_string(payloads.encode_string("a\ud800b")) == "a?b"


def google_reads(name: str, data: bytes) -> object:
    try:
        message = google_class(name).FromString(data)
    except (GoogleDecodeError, UnicodeDecodeError):
        return "refused"
    logs = message.Logs if name == "protos.Logs" else ()
    assume(not any(set_aside(log, 1) for log in logs))
    assume(name != "protos.Stats" or not set_aside(message, 1))
    return {
        "protos.Logs": lambda: [dict(log.Log) for log in message.Logs],
        "protos.Stats": lambda: dict(message.Stats),
        "protos.String": lambda: message.Content,
        "protos.Profile": lambda: message.Buffer,
    }[name]()


DECODERS = {
    "protos.Logs": payloads.decode_logs,
    "protos.Stats": payloads.decode_stats,
    "protos.String": payloads.decode_string,
    "protos.Profile": payloads.decode_profile,
}


@pytest.mark.parametrize("name", DECODERS)
@given(data=NEARLY_PROTOBUF)
def test_bytes_are_read_or_refused_as_google_protobuf_does(name: str, data: bytes) -> None:
    expected = google_reads(name, data)
    try:
        read: object = DECODERS[name](data)
    except DecodeError:
        read = "refused"
    assert read == expected


@pytest.mark.parametrize("name", DECODERS)
@given(content=MAPS, cut=st.integers(0, 200))
def test_cut_bytes_are_read_or_refused_as_google_protobuf_does(name: str, content: dict[str, str], cut: int) -> None:
    data = payloads.encode_logs([content])[:cut]
    try:
        read: object = DECODERS[name](data)
    except DecodeError:
        read = "refused"
    assert read == google_reads(name, data)


def test_the_last_of_two_equal_keys_counts() -> None:
    data = payloads.encode_stats({"a": "1"}) + payloads.encode_stats({"a": "2"})
    assert payloads.decode_stats(data) == {"a": "2"}


def test_a_missing_key_or_value_is_empty() -> None:
    assert payloads.decode_stats(bytes.fromhex("0a00")) == {"": ""}
    assert payloads.decode_stats(bytes.fromhex("0a03 0a0161")) == {"a": ""}
    assert payloads.decode_stats(bytes.fromhex("0a03 120162")) == {"": "b"}


def test_more_keys_than_are_remembered() -> None:
    records = [{f"key {number}": "v", "k" * 5000: str(number)} for number in range(20)]
    records += [{f"key {number}": "v", "k": str(number)} for number in range(3000)]
    assert payloads.decode_logs(payloads.encode_logs(records)) == records


def test_records_of_any_width() -> None:
    records = [{f"key {field}": f"value {number}" for field in range(number)} for number in range(100)]
    assert payloads.decode_logs(payloads.encode_logs(records)) == records


def test_a_value_that_is_no_text_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError):
        payloads.encode_logs([{"a": 1}])  # type: ignore[dict-item]


def test_more_lengths_than_are_remembered() -> None:
    records = [{"k": "x" * number} for number in range(1500)]
    assert payloads.decode_logs(payloads.encode_logs(records)) == records


def test_payloads_name_their_type() -> None:
    assert payloads.logs_payload([{"a": "b"}]) == Payload(payloads.LOGS, payloads.encode_logs([{"a": "b"}]))
    assert payloads.stats_payload({"a": "b"}).type_url == "type.googleapis.com/protos.Stats"
    assert payloads.profile_payload(b"x").type_url == "type.googleapis.com/protos.Profile"
    assert payloads.string_payload("x").type_url == "type.googleapis.com/protos.String"


def test_an_answer_of_another_type_is_refused() -> None:
    assert payloads.check_type(Payload("elsewhere/protos.Logs", b"x"), payloads.LOGS) == b"x"
    assert payloads.check_type(NOTHING, payloads.LOGS) == b""
    with pytest.raises(DecodeError, match=r"protos.Logs: the answer holds type.googleapis.com/protos.Stats"):
        payloads.check_type(payloads.stats_payload({}), payloads.LOGS)
