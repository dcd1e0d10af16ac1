"""What a Debug answer carries (protos.Logs, Stats, Profile, String) as standard protobuf bytes, both ways, fast.

betterproto and google.protobuf write and read the same bytes; betterproto takes some forty times as long for Logs.
Map entries are written as google.protobuf writes them: key and value always, also when empty, in the order given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...errors import DecodeError
from ...protobuf.wire import LENGTH, decodes, delimited, fields, text
from ..query import Payload
from .log_codec import decode_logs, decode_map, encode_logs, encode_map

TYPE_PREFIX = "type.googleapis.com/"
LOGS = TYPE_PREFIX + "protos.Logs"
STATS = TYPE_PREFIX + "protos.Stats"
PROFILE = TYPE_PREFIX + "protos.Profile"
STRING = TYPE_PREFIX + "protos.String"

__all__ = (
    "LOGS",
    "PROFILE",
    "STATS",
    "STRING",
    "TYPE_PREFIX",
    "check_type",
    "decode_logs",
    "decode_profile",
    "decode_stats",
    "decode_string",
    "encode_logs",
    "encode_profile",
    "encode_stats",
    "encode_string",
    "is_string",
    "logs_payload",
    "profile_payload",
    "stats_payload",
    "string_payload",
)


def encode_stats(stats: Mapping[str, str]) -> bytes:
    """protos.Stats of name -> JSON text."""
    return encode_map(stats)


@decodes("protos.Stats")
def decode_stats(data: bytes) -> dict[str, str]:
    """Name -> JSON text of protos.Stats; DecodeError when the bytes are not that."""
    return decode_map(data, 0, len(data))


def encode_string(content: str) -> bytes:
    """protos.String."""
    return delimited(1, text(content)) if content else b""


@decodes("protos.String")
def decode_string(data: bytes) -> str:
    """The content of protos.String; DecodeError when the bytes are not that."""
    # Each occurrence is checked, the last one counts: the rule for a field that stands twice.
    found = [data[start:stop].decode() for start, stop in _field_one(data)]
    return found[-1] if found else ""


def encode_profile(buffer: bytes) -> bytes:
    """protos.Profile of a gzipped pprof profile (or whatever bytes the kind of profile has)."""
    return delimited(1, buffer) if buffer else b""


@decodes("protos.Profile")
def decode_profile(data: bytes) -> bytes:
    """The buffer of protos.Profile; DecodeError when the bytes are not that."""
    start, stop = [(0, 0), *_field_one(data)][-1]
    return data[start:stop]


def logs_payload(records: Iterable[Mapping[str, str]]) -> Payload:
    """The answer that holds ``records``, oldest first by convention."""
    return Payload(LOGS, encode_logs(records))


def stats_payload(stats: Mapping[str, str]) -> Payload:
    """The answer that holds name -> JSON text."""
    return Payload(STATS, encode_map(stats))


def profile_payload(buffer: bytes) -> Payload:
    """The answer that holds one profile."""
    return Payload(PROFILE, encode_profile(buffer))


def string_payload(content: str) -> Payload:
    """The answer that holds one text."""
    return Payload(STRING, encode_string(content))


def check_type(payload: Payload, type_url: str) -> bytes:
    """The value of ``payload``, which has to be of ``type_url``; nothing at all counts as empty.

    Only what stands after the last "/" is compared, as google.protobuf does. Raises DecodeError.
    """
    if payload.type_url and not _same_type(payload.type_url, type_url):
        raise DecodeError(type_url.rpartition("/")[2], f"the answer holds {payload.type_url}")
    return payload.value


def is_string(payload: Payload) -> bool:
    """Whether ``payload`` holds protos.String, or nothing at all, which reads as an empty one."""
    return not payload.type_url or _same_type(payload.type_url, STRING)


def _same_type(left: str, right: str) -> bool:
    return left.rpartition("/")[2] == right.rpartition("/")[2]


def _field_one(data: bytes) -> list[tuple[int, int]]:
    return [(start, stop) for number, kind, start, stop in fields(data, 0, len(data)) if number == 1 and kind == LENGTH]
