"""What a Debug answer carries: protos.Logs, Stats, Profile, String, or a message of the user's own.

protos.Logs has an encoder of its own, see ``log_codec``; map entries are written as google.protobuf writes them: key
and value always, also when empty, in the order given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from betterproto import Message, which_one_of

from ..._generated.api import Interface
from ..._generated.protos import Logs as Logs
from ..._generated.protos import Profile as Profile
from ..._generated.protos import Stats as Stats
from ..._generated.protos import String as String
from ...errors import DecodeError
from ...protobuf.codec import decode, encode, full_name, make
from ..query import Payload
from .log_codec import decode_logs as decode_logs
from .log_codec import decode_logs_in_parts as decode_logs_in_parts
from .log_codec import encode_logs as encode_logs

TYPE_PREFIX = "type.googleapis.com/"
LOGS = TYPE_PREFIX + "protos.Logs"
STATS = TYPE_PREFIX + "protos.Stats"
PROFILE = TYPE_PREFIX + "protos.Profile"
STRING = TYPE_PREFIX + "protos.String"
_INTERFACE = TYPE_PREFIX + "api.Interface"
# Fields that the answer of an agent may have: more variables than a process has.
_MAX_FIELDS = 300_000


def payload_of(answer: Payload | Message, type_url: str = "") -> Payload:
    """A handler's answer as it travels: the Payload itself, or a betterproto message packed with its type.

    Args:
        answer: any betterproto message, or a Payload, which passes as it is.
        type_url: what to call the message, ``type.googleapis.com/shop.v1.Basket``. Without it, it is called by its
            Python module and name. That is right where the module of its package was made at the top of the import
            path, as betterproto makes it, or below a package called ``_generated``.

    Raises TypeError for anything else, and for values that the message's fields cannot hold.
    """
    if isinstance(answer, Payload):
        return answer
    if isinstance(answer, Logs):
        return logs_payload(log.log for log in answer.logs)
    if isinstance(answer, Message):
        return Payload(type_url or TYPE_PREFIX + full_name(type(answer)), encode(answer))
    raise TypeError(f"{type(answer).__name__} is neither a Payload nor a betterproto message")


def logs_payload(records: Iterable[Mapping[str, str]]) -> Payload:
    """The answer that holds ``records``, oldest first by convention."""
    return Payload(LOGS, encode_logs(records))


def stats_payload(stats: Mapping[str, str]) -> Payload:
    """The answer that holds name -> JSON text."""
    return payload_of(make(Stats, stats=stats))


def profile_payload(buffer: bytes) -> Payload:
    """The answer that holds one profile: gzipped pprof, or whatever bytes its kind has."""
    return payload_of(make(Profile, buffer=buffer))


def string_payload(content: str) -> Payload:
    """The answer that holds one text."""
    return payload_of(make(String, content=content))


def decode_stats(data: bytes) -> dict[str, str]:
    """Name -> JSON text of protos.Stats; DecodeError when the bytes are not that."""
    return decode(Stats, data, max_fields=_MAX_FIELDS).stats


def decode_string(data: bytes) -> str:
    """The content of protos.String; DecodeError when the bytes are not that."""
    return decode(String, data).content


def decode_profile(data: bytes) -> bytes:
    """The buffer of protos.Profile; DecodeError when the bytes are not that."""
    return decode(Profile, data).buffer


def check_type(payload: Payload, type_url: str) -> bytes:
    """The value of ``payload``, which has to be of ``type_url``; nothing at all counts as empty.

    Only what stands after the last "/" is compared, as google.protobuf does. Raises DecodeError.
    """
    if payload.type_url and not _same_type(payload.type_url, type_url):
        raise DecodeError(type_url.rpartition("/")[2], f"the answer holds {payload.type_url}")
    return payload.value


def text_payload(text: str) -> Payload:
    """The answer that holds ``text`` as an api.Interface: what the proxy of a smart NIC answers, whatever that is."""
    return payload_of(make(Interface, str=text))


def decode_text(payload: Payload) -> str | None:
    """The text in ``payload``: of a protos.String, or of an api.Interface that holds one; None for anything else.

    Nothing at all reads as an empty one. Raises DecodeError.
    """
    if not payload.type_url or _same_type(payload.type_url, STRING):
        return decode_string(payload.value)
    if not _same_type(payload.type_url, _INTERFACE):
        return None
    name, value = which_one_of(decode(Interface, payload.value), "Value")
    return str(value) if name == "str" else None


def _same_type(left: str, right: str) -> bool:
    return left.rpartition("/")[2] == right.rpartition("/")[2]
