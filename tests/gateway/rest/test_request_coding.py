"""A body in a coding is the whole of what was put into it, or the caller's fault."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError, ResourceExhausted
from corvo_agent.gateway.rest.request_coding import decoded

from ..conftest import Api, Store, settled
from ..modules import module


def _bare(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress, "bare": _bare}
packers = st.sampled_from(sorted(PACKERS))


@settings(max_examples=50)
@given(packers, st.binary(max_size=100))
def test_what_was_put_in_comes_out_and_nothing_where_some_is_missing(name: str, data: bytes) -> None:
    coding = "deflate" if name == "bare" else name
    packed = PACKERS[name](data)
    assert decoded(packed, f" {coding.upper()} ", 300) == data
    for end in range(len(packed)):
        with pytest.raises(DecodeError):
            decoded(packed[:end], coding, 300)
    with pytest.raises(DecodeError):
        decoded(packed + b"x", coding, 300)


@settings(max_examples=40)
@given(packers, st.integers(0, 300_000))
def test_no_more_is_decoded_than_the_bound(name: str, size: int) -> None:
    packed, coding = PACKERS[name](b" " * size), "deflate" if name == "bare" else name
    if size <= 100_000:
        assert len(decoded(packed, coding, 100_000)) == size
    else:
        with pytest.raises(ResourceExhausted):
            decoded(packed, coding, 100_000)


def test_members_of_gzip_are_one_body_as_far_as_they_are_few() -> None:
    assert decoded(gzip.compress(b"a") + gzip.compress(b"b"), "x-gzip", 2) == b"ab"
    with pytest.raises(ResourceExhausted):
        decoded(gzip.compress(b"a") + gzip.compress(b"b"), "gzip", 1)
    with pytest.raises(DecodeError):
        decoded(gzip.compress(b"") * 10_000, "gzip", 1)


@pytest.mark.parametrize("coding", ["", "identity", "Identity "])
def test_a_body_without_a_coding_is_as_it_is(coding: str) -> None:
    assert decoded(b"\x1f\x8b", coding, 2) == b"\x1f\x8b"


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "gzip,", "no\nsuch" * 100])
def test_a_coding_that_is_not_known_is_named(coding: str) -> None:
    with pytest.raises(DecodeError, match="Content-Encoding: ") as caught:
        decoded(b"{}", coding, 2)
    assert len(str(caught.value)) < 300


async def test_a_body_that_is_cut_off_changes_nothing(api: Api, store: Store) -> None:
    await store.put_module(module("a1", level="Debug"))
    await settled(api.gateway, store)
    packed = gzip.compress(b'{"spec":{"log-level":"Warn"}}')
    # Nothing of it is an empty body, which stands for all defaults.
    for coding, body in (("gzip", packed[:10]), ("gzip", packed[:-1]), ("br", b"{}")):
        assert (await api.call("PUT", "/modules/a1", body, headers={"Content-Encoding": coding}))[0] == 400
    assert (await api.get("/modules/a1"))[1]["spec"] == {"log-level": "Debug"}
    status, found = await api.call("PUT", "/modules/a1", packed, headers={"Content-Encoding": "gzip"})
    assert (status, found["spec"]) == (200, {"log-level": "Warn"})
