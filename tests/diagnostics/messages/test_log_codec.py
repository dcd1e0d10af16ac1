"""Logs are standard protobuf: the bytes of betterproto and google.protobuf, both ways."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corvo_agent._generated import protos
from corvo_agent.diagnostics.messages import payloads
from tests.descriptors import google_class

from ..strategies import MAPS, TEXT

Records = list[dict[str, str]]
NOT_EMPTY = TEXT.filter(bool)


def google_logs(records: Records) -> bytes:
    message = google_class("protos.Logs")()
    for record in records:
        message.Logs.add().Log.update(record)
    return bytes(message.SerializeToString())


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
    assert payloads.decode_string(payloads.string_payload("a\ud800b").value) == "a?b"


def test_the_last_of_two_equal_keys_counts() -> None:
    data = payloads.stats_payload({"a": "1"}).value + payloads.stats_payload({"a": "2"}).value
    assert payloads.decode_stats(data) == {"a": "2"}


def test_a_missing_key_or_value_is_empty() -> None:
    assert payloads.decode_stats(bytes.fromhex("0a00")) == {"": ""}
    assert payloads.decode_stats(bytes.fromhex("0a03 0a0161")) == {"a": ""}
    assert payloads.decode_stats(bytes.fromhex("0a03 120162")) == {"": "b"}
