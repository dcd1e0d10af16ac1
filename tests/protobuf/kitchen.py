# ruff: noqa: RUF009, UP006, UP035, UP045 - classes as betterproto's compiler writes them
"""A message of every type of field: as a betterproto class, as a .proto file, and values for it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Dict, List, Optional

import betterproto
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import strategies as st

PROTO = """
syntax = "proto3";
package kitchen;
import "google/protobuf/duration.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
enum Kind { NONE = 0; SOME = 1; }
message Sink {
  double double = 1;
  float float = 2;
  int32 int32 = 3;
  int64 int64 = 4;
  uint32 uint32 = 5;
  uint64 uint64 = 6;
  sint32 sint32 = 7;
  sint64 sint64 = 8;
  fixed32 fixed32 = 9;
  fixed64 fixed64 = 10;
  sfixed32 sfixed32 = 11;
  sfixed64 sfixed64 = 12;
  bool bool = 13;
  string string = 14;
  bytes bytes = 15;
  Kind kind = 16;
  Sink sink = 17;
  repeated int32 ints = 18;
  repeated double doubles = 19;
  repeated string strings = 20;
  repeated Sink sinks = 21;
  repeated Kind kinds = 22;
  map<string, string> texts = 23;
  map<int32, Sink> by_number = 24;
  map<bool, bytes> by_flag = 25;
  oneof pick {
    string pick_text = 26;
    Sink pick_sink = 27;
    int32 pick_number = 28;
  }
  optional int32 maybe = 32;
  repeated bool flags = 33;
  map<string, Kind> kind_of = 34;
  repeated sint64 zigzags = 35;
  repeated fixed32 fixeds = 36;
}
message Times {
  google.protobuf.Timestamp when = 1;
  google.protobuf.Duration took = 2;
  google.protobuf.BoolValue wrapped = 3;
  repeated google.protobuf.Timestamp whens = 4;
}
"""


class Kind(betterproto.Enum):
    NONE = 0
    SOME = 1


@dataclass(eq=False, repr=False)
class Sink(betterproto.Message):
    double: float = betterproto.double_field(1)
    float_: float = betterproto.float_field(2)
    int32: int = betterproto.int32_field(3)
    int64: int = betterproto.int64_field(4)
    uint32: int = betterproto.uint32_field(5)
    uint64: int = betterproto.uint64_field(6)
    sint32: int = betterproto.sint32_field(7)
    sint64: int = betterproto.sint64_field(8)
    fixed32: int = betterproto.fixed32_field(9)
    fixed64: int = betterproto.fixed64_field(10)
    sfixed32: int = betterproto.sfixed32_field(11)
    sfixed64: int = betterproto.sfixed64_field(12)
    bool_: bool = betterproto.bool_field(13)
    string: str = betterproto.string_field(14)
    bytes_: bytes = betterproto.bytes_field(15)
    kind: Kind = betterproto.enum_field(16)
    sink: Sink = betterproto.message_field(17)
    ints: List[int] = betterproto.int32_field(18)
    doubles: List[float] = betterproto.double_field(19)
    strings: List[str] = betterproto.string_field(20)
    sinks: List[Sink] = betterproto.message_field(21)
    kinds: List[Kind] = betterproto.enum_field(22)
    texts: Dict[str, str] = betterproto.map_field(23, betterproto.TYPE_STRING, betterproto.TYPE_STRING)
    by_number: Dict[int, Sink] = betterproto.map_field(24, betterproto.TYPE_INT32, betterproto.TYPE_MESSAGE)
    by_flag: Dict[bool, bytes] = betterproto.map_field(25, betterproto.TYPE_BOOL, betterproto.TYPE_BYTES)
    pick_text: str = betterproto.string_field(26, group="pick")
    pick_sink: Sink = betterproto.message_field(27, group="pick")
    pick_number: int = betterproto.int32_field(28, group="pick")
    maybe: Optional[int] = betterproto.int32_field(32, optional=True)
    flags: List[bool] = betterproto.bool_field(33)
    kind_of: Dict[str, Kind] = betterproto.map_field(34, betterproto.TYPE_STRING, betterproto.TYPE_ENUM)
    zigzags: List[int] = betterproto.sint64_field(35)
    fixeds: List[int] = betterproto.fixed32_field(36)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        # hypothesis would walk through all fields, and each sink that it looks at has a sink.
        printer.text(repr(self))


@dataclass(eq=False, repr=False)
class Times(betterproto.Message):
    when: datetime = betterproto.message_field(1)
    took: timedelta = betterproto.message_field(2)
    wrapped: Optional[bool] = betterproto.message_field(3, wraps=betterproto.TYPE_BOOL)
    whens: List[datetime] = betterproto.message_field(4)


def google_kitchen(name: str) -> Any:
    """google.protobuf's class of the message ``name`` of PROTO."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"kitchen.{name}"))


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "kitchen.proto").write_text(PROTO)
        command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{folder}", "--include_imports"]
        subprocess.run([*command, f"--descriptor_set_out={folder}/set", "kitchen.proto"], check=True)
        found = descriptor_pb2.FileDescriptorSet.FromString((Path(folder) / "set").read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in found.file:
        pool.Add(file)
    return pool


_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
# Without -0.0, which betterproto takes for no value.
_float = st.floats(allow_nan=False).map(lambda value: value + 0.0)
_narrow = st.floats(width=32, allow_nan=False).map(lambda value: value + 0.0)


def _integer(low: int, high: int) -> st.SearchStrategy[int]:
    return st.one_of(st.integers(low, high), st.sampled_from([0, 1, low, high]))


_int32 = _integer(-(2**31), 2**31 - 1)
_int64 = _integer(-(2**63), 2**63 - 1)
_uint32 = _integer(0, 2**32 - 1)
_uint64 = _integer(0, 2**64 - 1)
_kind = st.sampled_from([Kind.NONE, Kind.SOME, Kind.try_value(7)])
# Keys other than their type's default: betterproto loses entries that are all default.
_key = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
_number = _int32.filter(bool)
_scalars: dict[str, st.SearchStrategy[Any]] = {
    "double": _float,
    "float_": _narrow,
    "int32": _int32,
    "int64": _int64,
    "uint32": _uint32,
    "uint64": _uint64,
    "sint32": _int32,
    "sint64": _int64,
    "fixed32": _uint32,
    "fixed64": _uint64,
    "sfixed32": _int32,
    "sfixed64": _int64,
    "bool_": st.booleans(),
    "string": _text,
    "bytes_": st.binary(max_size=6),
    "kind": _kind,
    "ints": st.lists(_int32, max_size=3),
    "doubles": st.lists(_float, max_size=3),
    "strings": st.lists(_text, max_size=3),
    "kinds": st.lists(_kind, max_size=3),
    "texts": st.dictionaries(_key, _text, max_size=2),
    "by_flag": st.dictionaries(st.just(True), st.binary(max_size=3), max_size=2),
    "maybe": _int32,
    "flags": st.lists(st.booleans(), max_size=3),
    "kind_of": st.dictionaries(_key, _kind, max_size=2),
    "zigzags": st.lists(_int64, max_size=3),
    "fixeds": st.lists(_uint32, max_size=3),
}


def _sink(inner: st.SearchStrategy[Sink] | None) -> st.SearchStrategy[Sink]:
    fields = dict(_scalars)
    picks: list[st.SearchStrategy[dict[str, Any]]] = [
        st.just({}),
        st.fixed_dictionaries({"pick_text": _text}),
        st.fixed_dictionaries({"pick_number": _int32}),
    ]
    if inner is not None:
        fields["sink"] = inner
        fields["sinks"] = st.lists(inner, max_size=2)
        fields["by_number"] = st.dictionaries(_number, inner, max_size=2)
        picks.append(st.fixed_dictionaries({"pick_sink": inner}))
    some = st.fixed_dictionaries({}, optional=fields)
    return st.tuples(some, st.one_of(picks)).map(lambda parts: Sink(**parts[0], **parts[1]))


SINKS = st.recursive(_sink(None), _sink, max_leaves=4)
TIMES = st.builds(
    Times,
    when=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda when: when.replace(tzinfo=UTC)),
    took=st.timedeltas(timedelta(0), timedelta(days=9999)),
    wrapped=st.none() | st.booleans(),
    whens=st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)).map(lambda w: w.replace(tzinfo=UTC))),
)
