"""The peers that our profiles are held against: google.protobuf's message, and pprof's own rules of validity."""

from __future__ import annotations

import gzip
from importlib import resources
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import strategies as st

from corvo_agent.profiles.pprof.encoder import encode
from corvo_agent.profiles.pprof.model import Frame, Label, Profile, Sample, ValueType


def uncompressed(profile: Profile) -> bytes:
    """The bare protobuf message of a profile."""
    return gzip.decompress(encode(profile))


texts = st.text(max_size=12)
int64s = st.integers(-(2**63), 2**63 - 1)
lines = st.integers(0, 2**31)
frames = st.builds(Frame, texts.filter(bool), texts, lines, lines)
labels = st.one_of(
    st.builds(Label, texts, texts.filter(bool), st.just("")),
    st.builds(Label, texts, int64s, texts),
)
value_types = st.builds(ValueType, texts, texts)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """Any profile of ours: few frames, so that they are shared between stacks."""
    types = draw(st.lists(value_types, min_size=1, max_size=3))
    known = draw(st.lists(frames, min_size=1, max_size=6))
    values = st.tuples(*(int64s for _ in types))
    stacks = st.lists(st.sampled_from(known), max_size=8).map(tuple)
    tags = st.lists(labels, max_size=3).map(tuple)
    return Profile(
        sample_types=tuple(types),
        samples=draw(st.lists(st.builds(Sample, stacks, values, tags), max_size=10)),
        default_sample_type=draw(st.sampled_from(["", types[0].type])),
        period_type=draw(st.none() | value_types),
        period=draw(int64s),
        time_ns=draw(int64s),
        duration_ns=draw(int64s),
        comments=tuple(draw(st.lists(texts, max_size=3))),
        program=draw(texts),
    )


def google_profile(data: bytes = b"") -> Any:
    """``data`` as google.protobuf reads it, from the descriptors of our own .proto file."""
    pool = descriptor_pool.DescriptorPool()
    described = (resources.files("corvo_agent") / "_generated" / "descriptors.binpb").read_bytes()
    for file in descriptor_pb2.FileDescriptorSet.FromString(described).file:
        pool.Add(file)
    message = message_factory.GetMessageClass(pool.FindMessageTypeByName("perftools.profiles.Profile"))
    return message.FromString(data)


def check_valid(message: Any) -> None:
    """What google/pprof asks of a profile before it works with it, said about a google.protobuf message."""
    texts = message.string_table
    assert texts[0] == ""
    assert len(set(texts)) == len(texts), "a text stands twice in the string table"
    functions = _ids(message.function)
    mappings = _ids(message.mapping)
    locations = _ids(message.location)
    for function in message.function:
        assert max(function.name, function.system_name, function.filename) < len(texts)
    for location in message.location:
        assert location.mapping_id == 0 or location.mapping_id in mappings
        assert location.line
        assert all(line.function_id in functions for line in location.line)
    for sample in message.sample:
        assert len(sample.value) == len(message.sample_type)
        assert set(sample.location_id) <= locations
        assert all(max(label.key, label.str, label.num_unit) < len(texts) for label in sample.label)
    types = {texts[each.type] for each in message.sample_type}
    assert texts[message.default_sample_type] in types | {""}


def _ids(messages: Any) -> set[int]:
    ids = [each.id for each in messages]
    assert 0 not in ids
    assert len(set(ids)) == len(ids)
    return set(ids)
