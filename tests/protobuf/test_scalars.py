"""Numbers are cut to their type's bits when they are read, and have to fit when they are written."""

from __future__ import annotations

import pytest

from corvo_agent._generated import diagnostics
from corvo_agent.protobuf.codec import decode, encode
from corvo_agent.protobuf.wire import varint
from tests.descriptors import google_class

from .kitchen import Kind, Sink, google_kitchen


def test_a_negative_zero_is_a_value() -> None:
    assert encode(Sink(double=-0.0)) == google_kitchen("Sink")(double=-0.0).SerializeToString() != b""


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


def test_an_enum_without_that_name_stays_its_number() -> None:
    assert decode(Sink, bytes.fromhex("80 01 07")).kind == Kind.try_value(7)
